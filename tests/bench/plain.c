#include "tests/bench/plain.h"
#include "tests/bench/wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { URL_BYTES = 1024 };
#define SERVICE "upload." PLACE_DOMAIN

struct slot {
    char put[URL_BYTES], get[URL_BYTES], header[URL_BYTES];
};
struct plain {
    const struct place *place;
    uv_loop_t loop;
    struct wire *wire;
    size_t bytes, trainers, nslots;
    struct slot *slots; /* of the model, then of each trainer's update */
};

/* ---- slots, as any client asks for them (XEP-0363) ---- */

static xmpp_stanza_t *child(xmpp_stanza_t *of, const char *name)
{
    xmpp_stanza_t *s = of ? xmpp_stanza_get_child_by_name(of, name) : NULL;
    if (s == NULL) report_die("a slot without <%s/>", name);
    return s;
}

static void copy(char out[URL_BYTES], const char *text)
{
    if (snprintf(out, URL_BYTES, "%s", text ? text : "") >= URL_BYTES) report_die("a long slot");
}

static void on_slot(void *to, struct wire *w, xmpp_stanza_t *s)
{
    struct plain *p = to;
    const char *id = xmpp_stanza_get_id(s);
    (void)w;
    if (!id || strcmp(id, "slot") != 0) return;
    xmpp_stanza_t *slot = child(s, "slot");
    struct slot *out = &p->slots[p->nslots++];
    copy(out->put, xmpp_stanza_get_attribute(child(slot, "put"), "url"));
    copy(out->get, xmpp_stanza_get_attribute(child(slot, "get"), "url"));
    xmpp_stanza_t *header = xmpp_stanza_get_child_by_name(child(slot, "put"), "header");
    xmpp_stanza_t *text = header ? xmpp_stanza_get_children(header) : NULL;
    copy(out->header, text ? xmpp_stanza_get_text_ptr(text) : NULL);
}

static void ask_slots(struct plain *p)
{
    char text[512];
    p->nslots = 0;
    for (size_t i = 0; i <= p->trainers; i++) {
        int n = snprintf(text, sizeof text,
                         "<iq type='get' id='slot' to='" SERVICE "'><request xmlns='urn:xmpp:http:upload:0' "
                         "filename='model' size='%zu' content-type='application/octet-stream'/></iq>",
                         p->bytes);
        wire_send(p->wire, text, (size_t)n);
    }
    wire_flush(p->wire);
    while (p->nslots <= p->trainers) (void)uv_run(&p->loop, UV_RUN_ONCE);
}

struct plain *plain_open(const struct place *place, size_t bytes, size_t trainers)
{
    struct plain *p = calloc(1, sizeof *p);
    char jid[ROSTER_JID_BYTES];
    if (p == NULL || uv_loop_init(&p->loop) != 0) report_die("memory");
    p->place = place;
    p->bytes = bytes;
    p->trainers = trainers;
    p->slots = calloc(trainers + 1, sizeof *p->slots);
    if (p->slots == NULL) report_die("memory");
    place_jid(PLAIN_PREFIX, 0, jid);
    p->wire = wire_open(&p->loop, place, jid, false, on_slot, p);
    while (!wire_up(p->wire)) (void)uv_run(&p->loop, UV_RUN_ONCE);
    place_shell("openssl rand %zu >%s/plain.model", bytes, place->dir);
    return p;
}

/* ---- the round, as a script ---- */

static void put(FILE *f, const struct plain *p, const struct slot *s, const char *name)
{
    (void)fprintf(f, "curl -sSf --cacert %s -H Expect: -H 'Authorization: %s' -T %s/plain.%s '%s'", p->place->ca,
                  s->header, p->place->dir, name, s->put);
}

static void get(FILE *f, const struct plain *p, const struct slot *s, const char *name)
{
    (void)fprintf(f, "curl -sSf --cacert %s -o %s/plain.%s '%s'", p->place->ca, p->place->dir, name, s->get);
}

static void write_script(const struct plain *p, const char *path)
{
    char name[64];
    FILE *f = fopen(path, "w");
    if (f == NULL) report_die("%s", path);
    (void)fputs("set -e; exec >/dev/null\n", f);
    put(f, p, &p->slots[0], "model");
    (void)fputs("\njobs=\n", f);
    for (size_t i = 0; i < p->trainers; i++) {
        (void)snprintf(name, sizeof name, "at%zu", i);
        (void)fputs("{ ", f);
        get(f, p, &p->slots[0], name);
        (void)fputs(" && ", f);
        put(f, p, &p->slots[i + 1], name);
        (void)fputs(" && ", f);
        (void)snprintf(name, sizeof name, "back%zu", i);
        get(f, p, &p->slots[i + 1], name);
        (void)fputs("; } & jobs=\"$jobs $!\"\n", f);
    }
    (void)fprintf(f, "for job in $jobs; do wait $job; done\n");
    if (fclose(f) != 0) report_die("%s", path);
}

static double children_s(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct plain_cost plain_round(struct plain *p)
{
    char path[PLACE_PATH_BYTES + 32];
    ask_slots(p);
    (void)snprintf(path, sizeof path, "%s/plain.sh", p->place->dir);
    write_script(p, path);
    double cpu_s = children_s();
    uint64_t began_ns = report_now_ns();
    place_shell("sh %s", path);
    struct plain_cost cost = { (double)(report_now_ns() - began_ns) / 1e9, children_s() - cpu_s };
    for (size_t i = 0; i < p->trainers; i++)
        place_shell("cmp %s/plain.model %s/plain.back%zu", p->place->dir, p->place->dir, i);
    return cost;
}
