#include "common/wire/codec.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const double numbers[] = { 0, -1.5, 1e300, 0.1 };

static struct manifest inline_manifest(void)
{
    struct manifest m = {
        .media = "application/safetensors", .bytes = 12, .key = STR("a2V5"), .inline_ = STR("c2VhbGVk")
    };
    memcpy(m.sha256, digest, sizeof digest);
    return m;
}

/* A message of the type with every field at its least length or value. */
static struct msg least(enum msg_type type, const struct manifest *manifest)
{
    static const char letters[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                                  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    struct msg m = msg_make(type, NULL);
    const struct msg_desc *d = msg_desc(type);
    for (size_t i = 0; i < d->nfields; i++) {
        const struct msg_field *f = &d->fields[i];
        void *at = (char *)&m + f->offset;
        if (f->kind == FIELD_KIND_u64) *(uint64_t *)at = (uint64_t)f->min;
        if (f->kind == FIELD_KIND_f64) *(double *)at = f->min;
        if (f->kind == FIELD_KIND_str || f->kind == FIELD_KIND_text)
            *(struct str *)at = (struct str){ letters, (size_t)f->min };
        if (f->kind == FIELD_KIND_vec) *(struct vec *)at = (struct vec){ numbers, f->min > 0 ? 4 : 0 };
        if (f->kind == FIELD_KIND_blob) *(struct blob *)at = (struct blob){ .manifest = manifest };
    }
    (void)snprintf(m.id, sizeof m.id, "1a-7");
    (void)snprintf(m.run, sizeof m.run, "r");
    m.round = 3;
    m.sent_at_ms = 1767225600000;
    m.acks[m.nacks++] = STR("2b-9");
    return m;
}

Test(codec, every_message_survives_the_way_there_and_back)
{
    struct manifest manifest = inline_manifest();
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct buf once CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
        struct buf twice CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
        struct why why = { 0 };
        struct msg back;
        struct msg m = least(t, &manifest);
        cr_assert_eq(msg_encode(&m, &once, &why), OK, "%s: %s", msg_desc(t)->name, why.text);
        cr_assert_eq(msg_decode(buf_str(&once), &arena, &back, NULL, &why), OK, "%s: %s", msg_desc(t)->name, why.text);
        cr_assert(back.type == t && back.round == 3 && back.nacks == 1 && strcmp(back.id, "1a-7") == 0);
        cr_assert_eq(msg_encode(&back, &twice, &why), OK, "%s: %s", msg_desc(t)->name, why.text);
        cr_expect(str_eq(buf_str(&once), buf_str(&twice)), "%s", msg_desc(t)->name);
    }
}

#define HEAD                                                                                                           \
    "{\"version\":1,\"type\":\"data.new\",\"id\":\"1a-7\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":0,\"stage\":"    \
    "\"\","
#define TAIL "\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],"

Test(codec, bad_messages_get_a_sentence)
{
    static const struct {
        const char *name, *json, *says;
    } rows[] = {
        { "fine", HEAD TAIL "\"records\":5}", NULL },
        { "not JSON", "hello", "not one JSON object" },
        { "empty", "", "not one JSON object" },
        { "not UTF-8", HEAD TAIL "\"records\":5,\"\xa1\":1}", "not UTF-8" },
        { "a list", "[1]", "not one JSON object" },
        { "half", HEAD TAIL, "not one JSON object" },
        { "more after it", HEAD TAIL "\"records\":5} x", "not one JSON object" },
        { "unknown type", "{\"version\":1,\"id\":\"\",\"type\":\"launch\"}", "not known" },
        { "missing field", HEAD TAIL "\"round2\":1}", "not a field" },
        { "missing field only", "{\"version\":1,\"type\":\"data.new\",\"id\":\"1a-7\",\"records\":1}",
          "missing or repeated" },
        { "unknown field", HEAD TAIL "\"records\":5,\"role\":\"coordinator\"}", "role: is not a field" },
        { "repeated field", HEAD TAIL "\"records\":5,\"records\":6}", "missing or repeated" },
        { "text for a number", HEAD TAIL "\"records\":\"5\"}", "must be a number" },
        { "fraction", HEAD TAIL "\"records\":5.5}", "whole number" },
        { "negative", HEAD TAIL "\"records\":-1}", "whole number" },
        { "too large", HEAD TAIL "\"records\":1e13}", "between 0 and 1e+12" },
        { "infinite", HEAD TAIL "\"records\":1e999}", "whole number" },
        { "null", HEAD TAIL "\"records\":null}", "must be a number" },
        { "no version", "{\"id\":\"\",\"type\":\"launch\"}", "version: is missing" },
        { "a version to come", "{\"version\":9,\"type\":\"launch\",\"id\":\"\",\"speed\":1}", "update the receiver" },
        { "a version of old", "{\"version\":0,\"type\":\"data.new\",\"id\":\"\",\"speed\":1}", "update the sender" },
        { "other version",
          "{\"version\":9,\"type\":\"data.new\",\"id\":\"\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":0,\"stage\":"
          "\"\"," TAIL "\"records\":1}",
          "version" },
        { "ack is no list", HEAD "\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":1,\"records\":5}", "ack" },
        { "empty ack", HEAD "\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[\"\"],\"records\":5}", "ack" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct msg m;
        struct why why = { 0 };
        enum err e = msg_decode(str_of(rows[i].json), &arena, &m, NULL, &why);
        cr_expect_eq(e, rows[i].says ? ERR_PROTO : OK, "%s: %s", rows[i].name, why.text);
        if (rows[i].says) cr_expect(strstr(why.text, rows[i].says), "%s says: %s", rows[i].name, why.text);
    }
}

Test(codec, a_refused_message_still_says_what_it_was)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct msg m;
    struct msg_hint hint = { 0 };
    cr_expect(msg_decode(STR(HEAD TAIL "\"records\":-1}"), &arena, &m, &hint, NULL) == ERR_PROTO);
    cr_expect_str_eq(hint.id, "1a-7");
    cr_expect_str_eq(hint.type, "data.new");
}

Test(codec, what_may_not_leave_does_not)
{
    struct buf out CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
    struct manifest broken = inline_manifest();
    struct msg m = least(MSG_STATS, NULL);
    const double bad[] = { 1, NAN };
    m.stats.mean = (struct vec){ bad, 2 };
    cr_expect(msg_encode(&m, &out, NULL) == ERR_PROTO, "NaN");
    m = least(MSG_HEARTBEAT, NULL);
    m.heartbeat.progress = 1.5;
    cr_expect(msg_encode(&m, &out, NULL) == ERR_PROTO, "range");
    m = least(MSG_ERROR, NULL);
    m.error.text = STR("\xff\xfe");
    cr_expect(msg_encode(&m, &out, NULL) == ERR_PROTO, "not UTF-8");
    m = least(MSG_UPDATE, NULL);
    cr_expect(msg_encode(&m, &out, NULL) == ERR_PROTO, "no manifest");
    broken.sha256[0] = 'X';
    m = least(MSG_UPDATE, &broken);
    cr_expect(msg_encode(&m, &out, NULL) == ERR_PROTO, "digest");
}

/* Whichever allocation fails: never a wrong message, and never called the sender's fault. */
Test(codec, out_of_memory_is_an_error)
{
    struct manifest manifest = inline_manifest();
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        struct buf right CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
        struct msg m = least(t, &manifest);
        bool encoded = false, decoded = false;
        cr_assert_eq(msg_encode(&m, &right, NULL), OK);
        for (size_t n = 1; failmalloc_round(n, &encoded); n++) {
            struct buf out CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
            enum err e = msg_encode(&m, &out, NULL);
            encoded = e == OK;
            cr_assert(encoded ? str_eq(buf_str(&out), buf_str(&right)) : e == ERR_MEMORY && out.n == 0, "%s %zu",
                      msg_desc(t)->name, n);
        }
        for (size_t n = 1; failmalloc_round(n, &decoded); n++) {
            struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
            struct msg back;
            enum err e = msg_decode(buf_str(&right), &arena, &back, NULL, NULL);
            decoded = e == OK;
            cr_assert(decoded ? back.type == t && back.round == 3 : e == ERR_MEMORY, "%s %zu: %s", msg_desc(t)->name, n,
                      err_name(e));
        }
        cr_expect(encoded && decoded, "%s", msg_desc(t)->name);
    }
}

Test(codec, what_stands_behind_the_message)
{
    static const struct {
        const char *name, *cut, *behind, *why;
    } rows[] = {
        { "as it was written", "", "", "" },
        { "cut off", "\nc2VhbGVk", "", "inline must be how many characters follow the message: 0 do" },
        { "a newline only", "c2VhbGVk", "", "inline must be how many characters follow the message: 0 do" },
        { "shorter", "k", "", "7 do" },
        { "longer", "", "k", "9 do" },
        { "without its newline", "\nc2VhbGVk", "c2VhbGVk", "not one JSON object" },
        { "another message", "c2VhbGVk", "{}", "not one JSON object" },
    };
    struct manifest manifest = inline_manifest();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct buf text CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
        struct why why = { 0 };
        struct msg back;
        struct msg m = least(MSG_EVALUATE, &manifest);
        cr_assert_eq(msg_encode(&m, &text, &why), OK);
        text.n -= strlen(rows[i].cut);
        buf_add_z(&text, rows[i].behind);
        enum err e = msg_decode(buf_str(&text), &arena, &back, NULL, &why);
        cr_expect_eq(e, rows[i].why[0] ? ERR_PROTO : OK, "%s: %s", rows[i].name, why.text);
        cr_expect(strstr(why.text, rows[i].why), "%s: %s", rows[i].name, why.text);
        if (e == OK) cr_expect(str_is(back.evaluate.model.manifest->inline_, "c2VhbGVk"));
    }
}

Test(codec, nothing_stands_behind_other_messages)
{
    static const char versions[] = "12";
    for (size_t i = 0; versions[i]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct buf text CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
        struct why why = { 0 };
        struct msg m;
        buf_add_z(&text, HEAD TAIL "\"records\":1\n}\n \n");
        *strchr((char *)text.p, '1') = versions[i];
        cr_expect_eq(msg_decode(buf_str(&text), &arena, &m, NULL, &why), ERR_PROTO, "version %c", versions[i]);
        cr_expect(strstr(why.text, "no part of it"), "%s", why.text);
        while (text.p[text.n - 1] != '}') text.n--;
        cr_expect_eq(msg_decode(buf_str(&text), &arena, &m, NULL, &why), OK, "%s", why.text);
    }
}

static const char *decoded(const char *from, const char *to, struct msg *out, struct arena *arena, struct why *why)
{
    struct manifest manifest = inline_manifest();
    struct buf text CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
    struct msg m = least(MSG_ROUND_START, &manifest);
    m.version = strcmp(from, "1") == 0 ? 1 : 2;
    m.round_start.permit = STR("a permit");
    cr_assert_eq(msg_encode(&m, &text, why), OK, "%s", why->text);
    char *version = strstr(text.p ? (char *)text.p : "", "\"version\":");
    cr_assert(version != NULL);
    version[strlen("\"version\":")] = to[0];
    return msg_decode(buf_str(&text), arena, out, NULL, why) == OK ? "" : why->text;
}

Test(codec, a_field_stands_in_the_versions_that_have_it)
{
    static const struct {
        const char *from, *to, *permit, *why;
    } rows[] = {
        { "2", "2", "a permit", "" },
        { "1", "1", "", "" },
        { "2", "1", NULL, "permit: is not a field of round.start" },
        { "1", "2", NULL, "round.start: a field is missing or repeated" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct why why = { 0 };
        struct msg m = { 0 };
        const char *said = decoded(rows[i].from, rows[i].to, &m, &arena, &why);
        cr_expect_str_eq(said, rows[i].why, "row %zu", i);
        if (rows[i].permit) cr_expect(str_is(m.round_start.permit, rows[i].permit), "row %zu", i);
    }
}
