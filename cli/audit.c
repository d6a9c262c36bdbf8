/*
 * himas-audit -- what anybody can check of the transparency log, without its
 * keeper: himas audit verify, himas audit prove; and himas audit export, which
 * asks the keeper for it.
 *
 * A composition: the command line with common/crypto.
 */
#include "cli/audit_trust.h"
#include "cli/visit.h"
#include "common/base/file.h"
#include "common/privacy/permit_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MODE = 0644, PATH_BYTES = 1024, SENTENCE_BYTES = 400 };

struct task_at_hand {
    const struct cli *cli;
    const struct call *call;
    struct logbook_trust trust;
    struct str file;
    struct result *r;
};

/* ---- verify ---- */

static void say_cosigned(const struct task_at_hand *t, const char *of, size_t cosigned)
{
    result_field(t->r, "cosigned", "%zu of %zu witnesses, %s", cosigned, t->trust.nwitnesses, of);
}

static enum err need_quorum(const struct task_at_hand *t, size_t cosigned, struct why *why)
{
    uint64_t quorum = call_u64(t->call, "quorum");
    if (cosigned >= quorum) return OK;
    return why_say(why, ERR_CRYPTO, "%zu of the roster's witnesses signed it, and %" PRIu64 " are asked for", cosigned,
                   quorum);
}

static enum err verify_proof(const struct task_at_hand *t, struct why *why)
{
    struct logbook_proven p;
    TRY(logbook_check_proof(t->file, &t->trust, &p, why));
    result_say(t->r, "the entry is in the log of %s", t->trust.log.name);
    result_field(t->r, "entry", STR_F, STR_ARG(buf_str(&p.entry)));
    result_field(t->r, "index", "%" PRIu64, p.index);
    result_field(t->r, "entries", "%" PRIu64, p.size);
    say_cosigned(t, "the checkpoint it was proven with", p.cosigned);
    buf_free(&p.entry);
    return need_quorum(t, p.cosigned, why);
}

static enum err verify_log(const struct task_at_hand *t, struct why *why)
{
    struct logbook_found found;
    struct why cause = { "" };
    enum err e = logbook_check(t->file, &t->trust, &found, &cause);
    if (e == ERR_CRYPTO || e == ERR_INPUT)
        return why_say(why, e, "%.*s; the %" PRIu64 " entries under the checkpoint before hold", SENTENCE_BYTES,
                       cause.text, found.covered);
    TRY(e);
    result_say(t->r, "the log of %s is whole: nothing was changed, left out or added", t->trust.log.name);
    result_field(t->r, "entries", "%" PRIu64, found.entries);
    result_field(t->r, "permits", "%" PRIu64 ", as they were signed", found.texts);
    result_field(t->r, "checkpoints", "%zu", found.checkpoints);
    say_cosigned(t, "the newest checkpoint", found.cosigned);
    return need_quorum(t, found.cosigned, why);
}

static enum err verify(const struct task_at_hand *t, struct why *why)
{
    return logbook_is_proof(t->file) ? verify_proof(t, why) : verify_log(t, why);
}

/* ---- prove ---- */

static enum err prove(const struct task_at_hand *t, struct why *why)
{
    char out[PATH_BYTES];
    CLEANUP(buf_free) struct buf proof = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    uint64_t index = call_u64(t->call, "entry");
    cli_text(t->call, "out", out, sizeof out);
    if (!*out) (void)snprintf(out, sizeof out, "entry-%" PRIu64 ".proof", index);
    TRY(logbook_prove(t->file, &t->trust, index, &proof, why));
    TRY(file_write(out, buf_bytes(&proof), FILE_MODE, why));
    result_say(t->r, "anybody who has the roster can check it: himas audit verify %s", out);
    result_field(t->r, "proof", "%s", out);
    return OK;
}

/* ---- export ---- */

static enum err ask_for(const struct cli *cli, const char *guardian, struct buf *out, struct why *why)
{
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    char path[PATH_BYTES];
    struct result r;
    TRY(visit_open(cli, &v, why));
    TRY(visit_ask(&v, guardian, STR("log export"), NULL, 0, &r, why));
    const struct result_field *f = r.fields;
    while (f && !str_is(f->name, "log")) f = f->next;
    enum err e = f ? str_copy(f->value, path, sizeof path) : ERR_PROTO;
    result_free(&r);
    if (e != OK) return why_say(why, ERR_PROTO, "the guardian did not say where it wrote its log");
    return file_read(path, out, why);
}

static enum err fetch(const struct cli *cli, struct task_at_hand *t, struct why *why)
{
    char out[PATH_BYTES];
    CLEANUP(buf_free) struct buf bytes = buf_make(LOGBOOK_MAX_BYTES);
    cli_text(t->call, "out", out, sizeof out);
    TRY(ask_for(cli, t->trust.log.name, &bytes, why));
    TRY(file_write(out, buf_bytes(&bytes), FILE_MODE, why));
    result_field(t->r, "log", "%s", out);
    t->file = buf_str(&bytes);
    TRY(verify_log(t, why));
    return visit_put(cli, t->r, why);
}

/* ---- the program ---- */

static const struct way {
    const char *subcommand;
    enum err (*tell)(const struct task_at_hand *t, struct why *why);
} ways[] = /* tell: of a file; NULL: of the running guardian */ { { "audit verify", verify },
                                                                  { "audit prove", prove },
                                                                  { "audit export", NULL } };

static enum err go(const struct way *way, struct task_at_hand *t, struct why *why)
{
    char path[PATH_BYTES];
    CLEANUP(buf_free) struct buf bytes = buf_make(LOGBOOK_MAX_BYTES);
    struct why cause = { "" };
    cli_text(t->call, "file", path, sizeof path);
    TRY(file_read(path, &bytes, why));
    t->file = buf_str(&bytes);
    enum err e = way->tell(t, &cause);
    if (e != OK && cause.text[0]) return why_say(why, e, "%.300s: %s", path, cause.text);
    TRY(e);
    return visit_put(t->cli, t->r, why);
}

static enum err need_folder(const struct cli *cli, struct why *why)
{
    struct home home;
    TRY(home_open(cli->data, &home, why));
    return home_need(&home, why);
}

static enum err run(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    CLEANUP(audit_trust_free) struct audit_trust trust = { .roster = { .witnesses = NULL } };
    struct result r CLEANUP(result_free);
    const struct way *way = ways;
    result_init(&r);
    while (strcmp(way->subcommand, call->call.command->name) != 0) way++;
    if (!way->tell) TRY(need_folder(cli, why));
    TRY(audit_trust_find(cli, &call->call, &trust, why));
    struct task_at_hand t = { .cli = cli, .call = &call->call, .trust = trust.trust, .r = &r };
    t.trust.says = permit_says;
    return way->tell ? go(way, &t, why) : fetch(cli, &t, why);
}

int main(int argc, char **argv) { return cli_group_main(argc, argv, "audit", run); }
