/* What stores chunks out of band: content-addressed, in memory or, when the simulation keeps things in a directory, in
 * one file there. */
#include "common/runtime/sim_private.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sim_chunk *chunk(struct sim *s, struct str sha256)
{
    for (size_t i = 0; i < s->nchunks; i++)
        if (str_is(sha256, s->chunks[i].sha256)) return &s->chunks[i];
    return NULL;
}

static enum err spill(struct sim *s, struct sim_chunk *c, struct bytes data)
{
    char path[STORE_MAX_KEY];
    (void)snprintf(path, sizeof path, "%s/chunks", s->dir);
    if (s->spill_fd < 0) s->spill_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (s->spill_fd < 0) return ERR_IO;
    c->at = s->spilled;
    if (pwrite(s->spill_fd, data.p, data.n, (off_t)c->at) != (ssize_t)data.n) return ERR_IO;
    s->spilled += data.n;
    return OK;
}

static enum err keep_chunk(struct sim *s, const char *sha256, struct bytes data)
{
    if (chunk(s, str_of(sha256))) return OK;
    struct sim_chunk *grown = realloc(s->chunks, (s->nchunks + 1) * sizeof *grown);
    if (grown == NULL) return ERR_MEMORY;
    s->chunks = grown;
    struct sim_chunk *c = &s->chunks[s->nchunks];
    *c = (struct sim_chunk){ .data = buf_make(SIZE_MAX / 2), .n = data.n };
    TRY(str_copy(str_of(sha256), c->sha256, sizeof c->sha256));
    if (s->dir) {
        TRY(spill(s, c, data));
        s->nchunks++;
        return OK;
    }
    buf_add(&c->data, data.p, data.n);
    s->nchunks++;
    return buf_err(&c->data);
}

static enum err read_chunk(const struct sim *s, const struct sim_chunk *c, struct buf *out)
{
    if (s->dir == NULL) {
        buf_add(out, c->data.p, c->data.n);
        return buf_err(out);
    }
    uint8_t *to = buf_grow(out, c->n);
    if (to == NULL) return buf_err(out);
    return pread(s->spill_fd, to, c->n, (off_t)c->at) == (ssize_t)c->n ? OK : ERR_IO;
}

static struct sim_event later(struct sim_node *n, enum sim_event_kind kind, enum sim_way way, uint64_t token,
                              size_t bytes)
{
    struct sim *s = n->sim;
    struct sim_event e = { .kind = kind, .node = n->index, .life = n->life, .link = n->link, .token = token };
    e.body = buf_make(SIZE_MAX / 2);
    if (s->faults.bits_per_second > 0) {
        e.at_ms = sim_flow_begin(n, way, token, bytes);
        return e;
    }
    e.at_ms = s->now_ms + sim_delay(s);
    e.err = sim_chance(s, &s->loss, s->faults.drop) ? ERR_NETWORK : OK;
    return e;
}

static bool link_is_down(const struct sim_node *n) { return n->sim->faults.bits_per_second > 0 && !n->up; }

enum err sim_store_chunk(void *self, uint64_t token, const char *sha256, struct bytes data)
{
    struct sim_node *n = self;
    if (link_is_down(n)) return ERR_NETWORK;
    struct sim_event e = later(n, SIM_STORED, SIM_OUT, token, data.n);
    if (e.err == OK) e.err = keep_chunk(n->sim, sha256, data);
    if (n->sim->faults.bits_per_second == 0) n->sim->counts.bytes += data.n;
    buf_addf(&e.body, "sim:%s", sha256);
    sim_push(n->sim, &e);
    return OK;
}

enum err sim_fetch_chunk(void *self, uint64_t token, struct str url, uint64_t bytes)
{
    struct sim_node *n = self;
    if (link_is_down(n)) return ERR_NETWORK;
    struct sim_event e = later(n, SIM_FETCHED, SIM_IN, token, (size_t)bytes);
    const struct sim_chunk *c = str_starts(url, "sim:") ? chunk(n->sim, (struct str){ url.p + 4, url.n - 4 }) : NULL;
    enum err found = c == NULL || c->n != bytes ? ERR_ABSENT : read_chunk(n->sim, c, &e.body);
    if (found != OK) e.err = found;
    if (n->sim->faults.bits_per_second == 0) n->sim->counts.bytes += e.body.n;
    sim_push(n->sim, &e);
    return OK;
}

void sim_chunks_free(struct sim *s)
{
    for (size_t i = 0; i < s->nchunks; i++) buf_free(&s->chunks[i].data);
    free(s->chunks);
    if (s->spill_fd >= 0) (void)close(s->spill_fd);
}
