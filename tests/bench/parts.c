#include "tests/bench/parts.h"
#include "common/crypto/seal.h"
#include "common/runtime/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 3 };
struct work {
    struct store *store;
    size_t bytes;
    uint8_t *plain, *sealed; /* sealed: chunk after chunk, each with its tag */
    uint8_t chunk[SEAL_CHUNK_BYTES + AEAD_TAG_BYTES];
    struct seal seal;
};

static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct bytes chunk_of(const struct work *w, size_t i)
{
    return bytes_of(w->plain + i * SEAL_CHUNK_BYTES, seal_chunk_bytes(w->bytes, i));
}

static uint8_t *sealed_at(const struct work *w, size_t i)
{
    return w->sealed + i * (SEAL_CHUNK_BYTES + AEAD_TAG_BYTES);
}

/* ---- the parts ---- */

static enum err sum_plain(struct work *w)
{
    char hex[HASH_HEX_BYTES];
    return hash_hex_of(bytes_of(w->plain, w->bytes), hex);
}

static enum err keep_whole(struct work *w)
{
    TRY(store_begin(w->store));
    TRY(store_put(w->store, "whole", bytes_of(w->plain, w->bytes)));
    return store_commit(w->store);
}

static enum err read_back(struct work *w)
{
    for (size_t i = 0; i < seal_chunks(w->bytes); i++)
        TRY(store_read(w->store, "whole", i * SEAL_CHUNK_BYTES, chunk_of(w, i).n, w->chunk));
    return OK;
}

static enum err seal_all(struct work *w)
{
    for (size_t i = 0; i < seal_chunks(w->bytes); i++) TRY(seal_chunk(&w->seal, i, chunk_of(w, i), sealed_at(w, i)));
    return OK;
}

static enum err sum_sealed(struct work *w)
{
    char hex[HASH_HEX_BYTES];
    for (size_t i = 0; i < seal_chunks(w->bytes); i++)
        TRY(hash_hex_of(bytes_of(sealed_at(w, i), seal_sealed_bytes(w->bytes, i)), hex));
    return OK;
}

static enum err open_all(struct work *w)
{
    for (size_t i = 0; i < seal_chunks(w->bytes); i++)
        TRY(seal_chunk_open(&w->seal, i, bytes_of(sealed_at(w, i), seal_sealed_bytes(w->bytes, i)), w->chunk));
    return OK;
}

/* In a transaction each, as they come; and forgotten in the end. */
static enum err keep_chunks(struct work *w)
{
    for (size_t i = 0; i < seal_chunks(w->bytes); i++) {
        TRY(store_begin(w->store));
        TRY(store_append(w->store, "chunks", chunk_of(w, i)));
        TRY(store_commit(w->store));
    }
    TRY(store_begin(w->store));
    TRY(store_del(w->store, "chunks"));
    return store_commit(w->store);
}

/* ---- all of them ---- */

static enum err no_dice(void *self, void *out, size_t n)
{
    (void)self;
    memset(out, 7, n);
    return OK;
}

static struct work *open_work(const struct place *p, size_t bytes)
{
    char path[PLACE_PATH_BYTES + 16];
    const uint8_t digest[HASH_BYTES] = { 0 };
    struct why why = { "" };
    struct work *w = calloc(1, sizeof *w);
    if (w == NULL) report_die("memory");
    w->bytes = bytes;
    w->plain = malloc(bytes);
    w->sealed = malloc(bytes + seal_chunks(bytes) * AEAD_TAG_BYTES);
    if (w->plain == NULL || w->sealed == NULL) report_die("memory");
    for (size_t i = 0; i < bytes; i++) w->plain[i] = (uint8_t)(i * 2654435761u >> 13);
    (void)snprintf(path, sizeof path, "%s/parts.db", p->dir);
    report_need(store_open_file(path, STORE_PROCESS_SAFE, &w->store, &why), &why, path);
    report_need(seal_make(bytes, digest, no_dice, NULL, &w->seal), NULL, "a seal");
    return w;
}

static void close_work(struct work *w)
{
    store_close(w->store);
    free(w->plain);
    free(w->sealed);
    free(w);
}

/* The middle one of a few turns, by processor time. */
static void measure(struct work *w, enum err (*fn)(struct work *w), struct part *out)
{
    double wall[TURNS];
    double cpu[TURNS];
    for (size_t i = 0; i < TURNS; i++) {
        uint64_t began_ns = report_now_ns();
        double began_ms = cpu_ms();
        report_need(fn(w), NULL, out->what);
        cpu[i] = cpu_ms() - began_ms;
        wall[i] = (double)(report_now_ns() - began_ns) / 1e6;
    }
    out->wall_ms = report_quantile(wall, TURNS, 0.5);
    out->cpu_ms = report_quantile(cpu, TURNS, 0.5);
}

void parts_measure(const struct place *p, size_t bytes, size_t trainers, struct part out[PARTS])
{
    struct work *w = open_work(p, bytes);
    size_t sent = 1 + trainers;
    size_t got = 2 * trainers;
    const struct {
        const char *what;
        size_t times;
        enum err (*fn)(struct work *w);
    } rows[PARTS] = { { "SHA-256 of the content, both ends", sent + got, sum_plain },
                      { "sender: kept, and synced", sent, keep_whole },
                      { "sender: read back", sent, read_back },
                      { "sender: sealed", sent, seal_all },
                      { "sender: SHA-256 of what is sealed", sent, sum_sealed },
                      { "receiver: opened", got, open_all },
                      { "receiver: kept as it comes", got, keep_chunks } };
    for (size_t i = 0; i < PARTS; i++) {
        out[i] = (struct part){ .what = rows[i].what, .times = rows[i].times };
        measure(w, rows[i].fn, &out[i]);
    }
    close_work(w);
}
