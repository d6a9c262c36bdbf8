/*
 * bench_secagg -- secure aggregation against what it cannot be faster than.
 *
 * Prints ratios first: the share of plain AES-256-CTR's speed, measured in the
 * same run, at which a trainer puts masks on its vector; and the server's CPU
 * seconds over those allowed, for MEMBERS trainers with a model of LENGTH
 * numbers, some of whom drop out after their shares.
 */
#include "common/base/clock.h"
#include "common/privacy/harary.h"
#include "tests/bench/report.h"
#include "tests/support/secagg_world.h"
#include <string.h>
#include <time.h>

enum { MEMBERS = 100, LENGTH = 1000000, DROPPED = 5, ADVERSARIES = 5, BITS = 32, TRIES = 5 };
enum { PIECE = 1 << 14, MASKS = 32 };
static const double server_aim_s = 5;
static const double mask_aim = 0.7;

static double cpu_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(enum err e, const char *what) { report_need(e, NULL, what); }

/* Bytes a second of the cipher alone, on a piece that stays in the nearest cache. */
static double cipher_rate(void)
{
    static const uint8_t key[STREAM_KEY_BYTES] = { 1 };
    uint8_t piece[PIECE];
    struct stream *s CLEANUP(stream_drop) = NULL;
    size_t bytes = (size_t)MASKS * LENGTH * sizeof(uint32_t);
    must(stream_new(key, &s), "stream");
    double start = cpu_s();
    for (size_t done = 0; done < bytes; done += PIECE) must(stream_read(s, piece, PIECE), "stream");
    return (double)bytes / (cpu_s() - start);
}

/* Bytes of mask a second, as a trainer applies them. */
static double mask_rate(void)
{
    struct secagg_mask masks[MASKS];
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    for (size_t k = 0; k < MASKS; k++) masks[k] = (struct secagg_mask){ { (uint8_t)k }, k % 2 ? PRG_ADD : PRG_TAKE };
    must(secagg_vec_init(&v, BITS, LENGTH), "vector");
    double start = cpu_s();
    must(secagg_vec_mask(&v, masks, MASKS), "masks");
    return (double)MASKS * LENGTH * sizeof(uint32_t) / (cpu_s() - start);
}

/* The best of some tries, both in turn, so that what else the machine does hits both. */
static void rates(double *cipher, double *mask)
{
    *cipher = *mask = 0;
    for (size_t i = 0; i < TRIES; i++) {
        double c = cipher_rate();
        double m = mask_rate();
        if (c > *cipher) *cipher = c;
        if (m > *mask) *mask = m;
    }
}

struct spent { /* CPU seconds */
    double server;
    double trainer;                  /* of one, in the mean */
    double masking, unmasking, turn; /* the longest; unmasking: the one */
};

static void share(struct world *w, struct spent *t)
{
    struct secagg_bundle bundle;
    struct secagg_delivery delivery;
    for (size_t i = 0; i < MEMBERS; i++) {
        double start = cpu_s();
        must(world_bundle(w, i, &bundle, NULL), "bundle");
        double middle = cpu_s();
        must(secagg_server_take_bundle(w->server, &bundle, NULL), "take bundle");
        t->trainer += (middle - start) / MEMBERS;
        t->server += cpu_s() - middle;
    }
    must(secagg_server_end_sharing(w->server, NULL), "end of sharing");
    for (size_t i = 0; i < MEMBERS; i++) {
        double start = cpu_s();
        must(secagg_server_delivery(w->server, world_id(i), &delivery), "delivery");
        double middle = cpu_s();
        must(secagg_client_receive(w->clients[i], &delivery, NULL), "receive");
        t->server += middle - start;
        t->trainer += (cpu_s() - middle) / MEMBERS;
    }
}

static void input(struct world *w, struct spent *t)
{
    struct buf packed CLEANUP(buf_free) = buf_make((size_t)LENGTH * 8);
    for (size_t i = DROPPED; i < MEMBERS; i++) {
        struct secagg_input in;
        buf_clear(&packed);
        double start = cpu_s();
        must(world_vector(w, i, &in, &packed), "vector");
        double middle = cpu_s();
        const struct bytes bytes = buf_bytes(&packed);
        const struct secagg_packed came = world_packed(&bytes);
        must(secagg_server_take_input(w->server, &in, &came, NULL), "take input");
        double end = cpu_s();
        t->trainer += (middle - start) / MEMBERS;
        t->server += end - middle;
        if (middle - start > t->masking) t->masking = middle - start;
        if (end - middle > t->turn) t->turn = end - middle;
    }
    must(secagg_server_end_inputs(w->server, NULL), "end of inputs");
}

static void answer(struct world *w, struct spent *t)
{
    struct secagg_request request;
    size_t n = 0;
    must(world_vote(w, NULL), "votes");
    must(secagg_server_request(w->server, &request), "request");
    const struct secagg_vote *votes = secagg_server_votes(w->server, &n);
    for (size_t i = DROPPED; i < MEMBERS; i++) {
        struct secagg_decisions decisions = { .n = 0 };
        struct secagg_answer a;
        double start = cpu_s();
        must(secagg_client_answer(w->clients[i], &request, votes, n, &decisions, &a, NULL), "answer");
        double middle = cpu_s();
        must(secagg_server_take_answer(w->server, &a, NULL), "take answer");
        t->trainer += (middle - start) / MEMBERS;
        t->server += cpu_s() - middle;
    }
}

static struct spent whole_round(struct harary *graph)
{
    static enum world_drop drops[MEMBERS];
    struct harary_want want = { MEMBERS, ADVERSARIES, DROPPED, HARARY_ACTIVE };
    struct world w;
    struct spent t = { 0 };
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    must(harary_find(&want, graph, NULL), "graph");
    struct world_plan plan = { MEMBERS, ADVERSARIES, MEMBERS - DROPPED, graph->degree, graph->threshold, BITS, LENGTH };
    for (size_t i = 0; i < MEMBERS; i++) drops[i] = i < DROPPED ? WORLD_INPUT : WORLD_NEVER;
    world_init(&w, &plan, 1);
    w.drops = drops;
    double start = cpu_s();
    must(world_open(&w, NULL), "session");
    t.server += cpu_s() - start; /* with all trainers' keys in it: an upper bound */
    share(&w, &t);
    input(&w, &t);
    answer(&w, &t);
    start = cpu_s();
    must(secagg_server_finish(w.server, &sum, NULL), "finish");
    t.unmasking = cpu_s() - start;
    t.server += t.unmasking;
    if (!world_is_sum(&w, &sum)) must(ERR_BUG, "the sum is wrong");
    world_fini(&w);
    return t;
}

int main(void)
{
    double cipher = 0, mask = 0;
    struct harary graph = { 0 };
    rates(&cipher, &mask);
    struct spent t = whole_round(&graph);
    report_ratio(
        &(struct report_ratio){ "masks put on a vector, of AES-256-CTR's speed", mask / cipher, mask_aim, true, "" });
    report_ratio(&(struct report_ratio){ "server's seconds for 100 trainers x 1 M numbers, 5 lost", t.server,
                                         server_aim_s, false, " s" });
    report_line("  AES-256-CTR %.2f GB/s, masks on a vector %.2f GB/s", cipher * 1e-9, mask * 1e-9);
    report_line(
        "  server %.2f s CPU: %d trainers, %d numbers, %d dropped, degree %u, threshold %u; one trainer %.3f s CPU",
        t.server, MEMBERS, LENGTH, DROPPED, graph.degree, graph.threshold, t.trainer);
    report_line(
        "  on workers: unmasking %.0f ms, masking one vector %.0f ms; the server's loop: %.1f ms to take a vector in",
        1e3 * t.unmasking, 1e3 * t.masking, 1e3 * t.turn);
    return 0;
}
