#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

enum { MB = 1000000 };

/* A second content, longer by as much: 20 MB begin, then 40 MB; both get on. */
Test(core_upload, contents_take_turns, .timeout = 60)
{
    static const struct sim_faults slow = { .delay_min_ms = 1, .delay_max_ms = 3, .bits_per_second = 8 * MB };
    struct sim *s = toys_start_with(&slow, "size: 4000000");
    for (int i = 1; i <= 3; i++) {
        char json[] = TOYS_JOIN("1a-N");
        *strchr(json, 'N') = (char)('0' + i);
        toys_feed(s, "server", "client@sim.local", json); /* 4, 8 and 12 MB */
    }
    (void)sim_run(s, 11000, NULL, NULL); /* one after another only the first two thirds of the second would be up */
    cr_expect(core_outbox(sim_agent(s, "server")) >= 2);
    (void)sim_run(s, 60000, NULL, NULL);
    cr_expect(toys_state(s, "client")->evaluations == 3 && toys_state(s, "client")->blob_bytes == 12 * MB);
    cr_expect(core_outbox(sim_agent(s, "server")) == 0);
    cr_expect((double)sim_traffic(s, "server").sent < 25.0 * MB, "%.1f MB", (double)sim_traffic(s, "server").sent / MB);
    sim_free(s);
}

/* 20 chunks, each 100 ms on its way, up and then down: one after another they would take 4 s; feeding takes 2 s of
 * them. */
Test(core_upload, a_few_at_once_where_that_is_quick, .timeout = 60)
{
    static const struct {
        const char *name;
        struct sim_faults faults;
        uint64_t within_ms;
    } rows[] = { { "quick", { .delay_min_ms = 100, .delay_max_ms = 100 }, 1300 },
                 { "a third of them fails", { .delay_min_ms = 100, .delay_max_ms = 100, .drop = 0.3 }, 300000 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim *s = toys_start_with(&rows[i].faults, "size: 20971520");
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        (void)sim_run(s, rows[i].within_ms, NULL, NULL);
        const struct toy *t = toys_state(s, "client");
        cr_expect(t->evaluations == 1 && t->blob_bytes == 20971520, "%s: %u", rows[i].name, t->evaluations);
        sim_free(s);
    }
}

static enum err seal_again(struct agent *a, void *arg)
{
    struct seal_record r = { 0 };
    const char *digest = arg;
    enum err e = core_seal_load(a, digest, &a->sending, &r);
    if (e == OK) e = core_blob_forget(a, digest);
    if (e == OK) e = core_seal_make(a, digest, r.manifest.bytes, r.manifest.media, &a->sending, &r);
    seal_wipe(&r.seal);
    return e;
}

/* A content is forgotten and wanted again while a chunk of it is on its way: that one has the wrong key. */
Test(core_upload, a_chunk_of_a_forgotten_content_is_not_noted, .timeout = 60)
{
    static const struct sim_faults slow = { .delay_min_ms = 1, .delay_max_ms = 3, .bits_per_second = MB };
    struct sim *s = toys_start_with(&slow, "size: 4000000");
    struct agent *a = sim_agent(s, "server");
    struct seal_record r = { 0 };
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    size_t i = 0;
    while (i < CORE_CHUNKS_AT_ONCE && a->upload.under_way[i].token == 0) i++;
    cr_assert(i < CORE_CHUNKS_AT_ONCE, "a chunk takes 8 s");
    struct upload_chunk was = a->upload.under_way[i];
    cr_assert_eq(core_transact(a, seal_again, was.blob), OK);
    core_on_stored(a, was.token, OK, STR("sim:another key's"));
    cr_assert_eq(core_seal_load(a, was.blob, &a->sending, &r), OK);
    cr_expect(core_chunk_pending(&r.manifest.chunks[was.index]));
    seal_wipe(&r.seal);
    arena_reset(&a->sending);
    sim_free(s);
}
