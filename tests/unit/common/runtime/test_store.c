#include "common/base/rng.h"
#include "common/runtime/store.h"
#include "tests/support/failmalloc.h"
#include "tests/support/failmalloc_sqlite.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Both stores must behave alike: every test runs on both. */
enum { MEMORY, SQLITE, KINDS };
static const char *const kinds[] = { "memory", "sqlite" };

struct place {
    char dir[64];
    char path[80];
    struct store *store;
};

static struct place open_place(int kind)
{
    struct place p = { 0 };
    struct why why = { 0 };
    (void)snprintf(p.dir, sizeof p.dir, "%s/himas-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    cr_assert(mkdtemp(p.dir) != NULL);
    (void)snprintf(p.path, sizeof p.path, "%s/s.db", p.dir);
    enum err e =
        kind == MEMORY ? store_open_memory(&p.store) : store_open_file(p.path, STORE_PROCESS_SAFE, &p.store, &why);
    cr_assert_eq(e, OK, "%s: %s", kinds[kind], why.text);
    return p;
}

static void close_place(struct place *p)
{
    char path[100];
    store_close(p->store);
    const char *const tails[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s%s", p->path, tails[i]);
        (void)unlink(path);
    }
    (void)rmdir(p->dir);
}

static void put(struct store *s, const char *key, const char *value)
{
    cr_assert(store_put(s, key, str_bytes(str_of(value))) == OK);
}

static bool holds(struct store *s, const char *key, const char *value)
{
    struct buf out CLEANUP(buf_free) = buf_make(1000);
    enum err e = store_get(s, key, &out);
    return value ? e == OK && str_is(buf_str(&out), value) : e == ERR_ABSENT;
}

Test(store, a_transaction_is_all_or_nothing)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct place p = open_place(kind);
        cr_assert(store_begin(p.store) == OK);
        put(p.store, "a", "1");
        put(p.store, "b", "");
        cr_assert(store_commit(p.store) == OK);
        cr_assert(store_begin(p.store) == OK);
        put(p.store, "a", "2");
        put(p.store, "c", "3");
        put(p.store, "c", "4");
        cr_assert(store_del(p.store, "b") == OK && store_del(p.store, "never") == OK);
        cr_expect(holds(p.store, "a", "2") && holds(p.store, "c", "4") && holds(p.store, "b", NULL), "%s: seen inside",
                  kinds[kind]);
        store_rollback(p.store);
        cr_expect(holds(p.store, "a", "1") && holds(p.store, "b", "") && holds(p.store, "c", NULL), "%s: undone",
                  kinds[kind]);
        close_place(&p);
    }
}

struct listing {
    struct buf keys;
    struct store *store;
};
static enum err list(void *to, const char *key, struct bytes value)
{
    struct listing *l = to;
    buf_addf(&l->keys, "%s=" STR_F " ", key, STR_ARG(bytes_str(value)));
    return store_del(l->store, key);
}

Test(store, a_scan_is_ordered_and_may_delete)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct place p = open_place(kind);
        struct listing l = { buf_make(1000), p.store };
        cr_assert(store_begin(p.store) == OK);
        const char *const keys[] = { "x/10", "w", "x/2", "x/1", "y", "x/" };
        for (size_t i = 0; i < 6; i++) put(p.store, keys[i], keys[i]);
        cr_assert(store_scan(p.store, "x/", list, &l) == OK);
        cr_expect(str_is(buf_str(&l.keys), "x/=x/ x/1=x/1 x/10=x/10 x/2=x/2 "), "%s: %s", kinds[kind],
                  (char *)l.keys.p);
        cr_assert(store_commit(p.store) == OK);
        cr_expect(holds(p.store, "x/1", NULL) && holds(p.store, "w", "w") && holds(p.store, "y", "y"));
        buf_free(&l.keys);
        close_place(&p);
    }
}

static void change_both(struct rng *rng, uint32_t keys, struct store *m, struct store *q)
{
    char key[16];
    char value[8];
    (void)snprintf(key, sizeof key, "k%u", (unsigned)rng_below(rng, keys));
    (void)snprintf(value, sizeof value, "%d", (int)rng_below(rng, 1000));
    if (rng_below(rng, 3) == 0) {
        cr_assert(store_del(m, key) == store_del(q, key));
        return;
    }
    put(m, key, value);
    put(q, key, value);
}

/* And after it was all deleted on the way, and put back. */
static void compare_both(struct store *m, struct store *q)
{
    struct listing a = { buf_make(100000), m };
    struct listing b = { buf_make(100000), q };
    cr_assert(store_begin(m) == OK && store_begin(q) == OK);
    cr_assert(store_scan(m, "k", list, &a) == OK && store_scan(q, "k", list, &b) == OK);
    store_rollback(m);
    store_rollback(q);
    cr_assert(str_eq(buf_str(&a.keys), buf_str(&b.keys)));
    buf_free(&a.keys);
    buf_free(&b.keys);
}

/* The two against each other on random work: the memory store is the model. */
Test(store, both_agree_on_random_work)
{
    static const struct {
        uint32_t keys;
        int rounds, changes;
    } rows[] = { { 20, 200, 5 }, { 1500, 20, 400 } }; /* the second fills and empties many leaves */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place m = open_place(MEMORY);
        struct place q = open_place(SQLITE);
        struct rng rng = rng_make(11);
        for (int round = 0; round < rows[i].rounds; round++) {
            cr_assert(store_begin(m.store) == OK && store_begin(q.store) == OK);
            for (int k = 0; k < rows[i].changes; k++) change_both(&rng, rows[i].keys, m.store, q.store);
            if (rng_below(&rng, 3) == 0) {
                store_rollback(m.store);
                store_rollback(q.store);
            } else
                cr_assert(store_commit(m.store) == OK && store_commit(q.store) == OK);
            compare_both(m.store, q.store);
        }
        cr_assert(store_begin(m.store) == OK && store_begin(q.store) == OK);
        cr_assert(store_del_prefix(m.store, "k") == OK && store_del_prefix(q.store, "k") == OK);
        cr_assert(store_commit(m.store) == OK && store_commit(q.store) == OK);
        compare_both(m.store, q.store);
        close_place(&m);
        close_place(&q);
    }
}

Test(store, limits)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct place p = open_place(kind);
        char key[STORE_MAX_KEY + 2];
        memset(key, 'k', sizeof key);
        key[STORE_MAX_KEY + 1] = '\0';
        cr_assert(store_begin(p.store) == OK);
        cr_expect(store_put(p.store, key, (struct bytes){ 0 }) == ERR_LIMIT &&
                  store_put(p.store, "", (struct bytes){ 0 }) == ERR_LIMIT);
        key[STORE_MAX_KEY] = '\0';
        cr_expect(store_put(p.store, key, (struct bytes){ 0 }) == OK && store_has(p.store, key));
        close_place(&p);
    }
}

/* ---- values in parts ---- */

enum { LONG_BYTES = 3 * STORE_ROW_BYTES + 17, STEP_BYTES = 700001 };

static uint8_t byte_at(uint64_t i) { return (uint8_t)(i * 31 + i / 1000); }

static struct buf pattern(uint64_t from, size_t n)
{
    struct buf b = buf_make(n);
    uint8_t *p = buf_grow(&b, n);
    cr_assert(p != NULL);
    for (size_t i = 0; i < n; i++) p[i] = byte_at(from + i);
    return b;
}

static void append_pattern(struct store *s, const char *key, uint64_t from, size_t n)
{
    struct buf b CLEANUP(buf_free) = pattern(from, n);
    cr_assert(store_append(s, key, buf_bytes(&b)) == OK);
}

static bool range_is_right(struct store *s, const char *key, uint64_t offset, size_t n)
{
    struct buf want CLEANUP(buf_free) = pattern(offset, n);
    struct buf got CLEANUP(buf_free) = buf_make(n);
    uint8_t *to = buf_grow(&got, n);
    return to && store_read(s, key, offset, n, to) == OK && memcmp(to, want.p, n) == 0;
}

Test(store, a_value_grows_by_parts_and_is_read_by_ranges)
{
    static const struct {
        uint64_t offset;
        size_t n;
    } rows[] = { { 0, 1 },
                 { 0, LONG_BYTES },
                 { STORE_ROW_BYTES - 1, 2 },
                 { STORE_ROW_BYTES, STORE_ROW_BYTES },
                 { 12345, 2 * STORE_ROW_BYTES },
                 { LONG_BYTES - 1, 1 },
                 { LONG_BYTES, 0 } };
    for (int kind = 0; kind < KINDS; kind++) {
        struct place p = open_place(kind);
        uint8_t byte = 0;
        uint64_t size = 0;
        cr_assert(store_begin(p.store) == OK);
        for (size_t at = 0; at < LONG_BYTES; at += STEP_BYTES)
            append_pattern(p.store, "long", at, LONG_BYTES - at < STEP_BYTES ? LONG_BYTES - at : STEP_BYTES);
        cr_assert(store_commit(p.store) == OK);
        cr_expect(store_size(p.store, "long", &size) == OK && size == LONG_BYTES, "%s", kinds[kind]);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            cr_expect(range_is_right(p.store, "long", rows[i].offset, rows[i].n), "%s: row %zu", kinds[kind], i);
        cr_expect(store_read(p.store, "long", LONG_BYTES, 1, &byte) == ERR_INPUT);
        cr_expect(store_read(p.store, "none", 0, 1, &byte) == ERR_ABSENT);
        cr_expect(store_begin(p.store) == OK && store_put(p.store, "short", bytes_of("ab", 2)) == OK &&
                  store_commit(p.store) == OK);
        cr_expect(store_read(p.store, "short", 1, 1, &byte) == OK && byte == 'b', "%s", kinds[kind]);
        cr_expect(store_read(p.store, "short", 2, 0, &byte) == OK, "%s", kinds[kind]);
        cr_expect(store_read(p.store, "short", 1, 2, &byte) == ERR_INPUT, "%s", kinds[kind]);
        cr_expect(store_read(p.store, "short", UINT64_MAX, 1, &byte) == ERR_INPUT, "%s", kinds[kind]);
        close_place(&p);
    }
}

/* The sum of all bytes, so that a whole value can be compared. */
static uint64_t sum_of(struct store *s, const char *key)
{
    struct buf whole CLEANUP(buf_free) = buf_make(STORE_MAX_VALUE);
    uint64_t sum = 0;
    if (store_get(s, key, &whole) != OK) return 0;
    for (size_t i = 0; i < whole.n; i++) sum = sum * 31 + whole.p[i];
    return sum;
}

Test(store, appending_is_undone_with_its_transaction)
{
    static const size_t lengths[] = { 10, STORE_ROW_BYTES, LONG_BYTES };
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < 3; i++) {
            struct place p = open_place(kind);
            cr_assert(store_begin(p.store) == OK);
            append_pattern(p.store, "v", 0, lengths[i]);
            cr_assert(store_commit(p.store) == OK);
            uint64_t before = sum_of(p.store, "v");
            cr_assert(store_begin(p.store) == OK);
            append_pattern(p.store, "v", 5, STEP_BYTES);
            append_pattern(p.store, "v", 6, STEP_BYTES);
            append_pattern(p.store, "w", 7, STEP_BYTES);
            store_rollback(p.store);
            cr_expect(sum_of(p.store, "v") == before && !store_has(p.store, "w"), "%s, %zu", kinds[kind], lengths[i]);
            close_place(&p);
        }
}

Test(store, a_value_lives_as_long_as_it_has_a_name)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct place p = open_place(kind);
        cr_assert(store_begin(p.store) == OK);
        append_pattern(p.store, "a", 0, LONG_BYTES);
        put(p.store, "small", "1");
        uint64_t sum = sum_of(p.store, "a");
        cr_expect(store_link(p.store, "a", "b") == OK && store_link(p.store, "a", "a") == OK);
        cr_expect(store_link(p.store, "small", "s") == OK && holds(p.store, "s", "1"));
        cr_expect(store_link(p.store, "none", "b") == ERR_ABSENT);
        cr_expect(store_append(p.store, "a", str_bytes(STR("x"))) == ERR_STATE, "%s: it has two names", kinds[kind]);
        cr_assert(store_commit(p.store) == OK && store_begin(p.store) == OK);
        cr_expect(store_del(p.store, "a") == OK && sum_of(p.store, "b") == sum && !store_has(p.store, "a"));
        store_rollback(p.store);
        cr_assert(store_begin(p.store) == OK);
        cr_expect(store_put(p.store, "a", str_bytes(STR("new"))) == OK && sum_of(p.store, "b") == sum);
        cr_expect(store_append(p.store, "b", str_bytes(STR("x"))) == OK, "%s: now it has one", kinds[kind]);
        cr_expect(store_link(p.store, "s", "b") == OK && holds(p.store, "b", "1"));
        cr_assert(store_commit(p.store) == OK);
        close_place(&p);
    }
}

Test(store, a_prefix_is_deleted_long_values_too)
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct place p = open_place(kind);
        cr_assert(store_begin(p.store) == OK);
        append_pattern(p.store, "x/long", 0, LONG_BYTES);
        put(p.store, "x/short", "1");
        put(p.store, "y", "2");
        cr_expect(store_del_prefix(p.store, "x/") == OK);
        cr_expect(!store_has(p.store, "x/long") && !store_has(p.store, "x/short") && holds(p.store, "y", "2"));
        cr_assert(store_commit(p.store) == OK);
        close_place(&p);
    }
}

/* ---- memory that runs out ---- */

static enum err describe(void *to, const char *key, struct bytes value)
{
    uint64_t sum = value.n;
    size_t stride = value.n > 1000 ? 997 : 1;
    for (size_t i = 0; i < value.n; i += stride) sum = sum * 31 + value.p[i];
    buf_addf(to, "%s=%llx ", key, (unsigned long long)sum);
    return buf_err(to);
}

/* All keys, and a sum of what each holds. */
static enum err contents(struct store *s, struct buf *out)
{
    buf_clear(out);
    return store_scan(s, "", describe, out);
}

static enum err append_long(struct store *s, const char *key)
{
    struct buf b CLEANUP(buf_free) = buf_make(STORE_ROW_BYTES + 1);
    uint8_t *p = buf_grow(&b, STORE_ROW_BYTES + 1);
    if (p == NULL) return buf_err(&b);
    memset(p, 7, b.n);
    return store_append(s, key, buf_bytes(&b));
}

static enum err furnish(struct store *s)
{
    TRY(store_begin(s));
    TRY(store_del_prefix(s, ""));
    TRY(store_put(s, "kept", str_bytes(STR("old"))));
    TRY(store_put(s, "gone", str_bytes(STR("old"))));
    TRY(store_put(s, "x/1", str_bytes(STR("old"))));
    TRY(store_put(s, "grows", str_bytes(STR("old"))));
    TRY(append_long(s, "long"));
    return store_commit(s);
}

/* Changes of every kind, in one transaction. */
static enum err change(struct store *s)
{
    struct buf seen CLEANUP(buf_free) = buf_make(1000);
    TRY(store_begin(s));
    TRY(store_put(s, "kept", str_bytes(STR("new"))));
    TRY(store_put(s, "new", str_bytes(STR("new"))));
    TRY(store_append(s, "grows", str_bytes(STR("new"))));
    TRY(store_link(s, "kept", "linked"));
    TRY(store_link(s, "long", "long too"));
    TRY(store_del(s, "gone"));
    TRY(store_del_prefix(s, "x/"));
    TRY(append_long(s, "longer"));
    TRY(contents(s, &seen));
    return store_commit(s);
}

enum { ONCE, FROM_THEN_ON, WAYS };

struct trial {
    struct place place;
    int kind, way;
    struct buf old, after, again; /* contents: before; of the same store afterwards; of the file opened anew */
};

/* Says whether the n-th allocation was still asked for. */
static bool attempt(struct trial *t, size_t n, enum err *out)
{
    struct place *p = &t->place;
    (t->way == ONCE ? failmalloc_at : failmalloc_from)(n);
    *out = t->kind == SQLITE ? store_open_file(p->path, STORE_PROCESS_SAFE, &p->store, NULL) : OK;
    bool opened = *out == OK;
    if (opened) *out = change(p->store);
    if (opened && *out != OK) store_rollback(p->store);
    bool asked = failmalloc_count() >= n;
    failmalloc_at(0);
    if (opened) cr_assert_eq(contents(p->store, &t->after), OK);
    if (opened && t->kind == SQLITE) store_close(p->store);
    if (t->kind == SQLITE)
        cr_assert_eq(store_open_file(p->path, STORE_PROCESS_SAFE, &p->store, NULL), OK, "%zu: it opens again", n);
    cr_assert_eq(contents(p->store, &t->again), OK);
    if (*out == OK) cr_assert_eq(furnish(p->store), OK);
    if (t->kind == SQLITE) store_close(p->store);
    if (opened) cr_assert(str_eq(buf_str(&t->after), buf_str(&t->again)), "%zu: the file agrees", n);
    return asked;
}

static void run_out(int kind, int way)
{
    struct trial t = { open_place(kind), kind, way, buf_make(1000), buf_make(1000), buf_make(1000) };
    struct buf new CLEANUP(buf_free) = buf_make(1000);
    cr_assert(furnish(t.place.store) == OK && contents(t.place.store, &t.old) == OK);
    cr_assert(change(t.place.store) == OK && contents(t.place.store, &new) == OK);
    cr_assert_eq(furnish(t.place.store), OK);
    if (kind == SQLITE) store_close(t.place.store);
    enum err e = ERR_MEMORY;
    size_t n = 1, failed = 0;
    for (; attempt(&t, n, &e) && n < FAILMALLOC_ROUNDS_MAX; n++) {
        struct buf *right = e == OK ? &new : &t.old;
        failed += e != OK;
        cr_assert(str_eq(buf_str(&t.again), buf_str(right)), "%s %d %zu: %s: %s", kinds[kind], way, n, err_name(e),
                  (char *)t.again.p);
    }
    cr_expect(e == OK && failed > 10, "%s %d: %zu of %zu", kinds[kind], way, failed, n);
    if (kind == SQLITE) cr_assert_eq(store_open_file(t.place.path, STORE_PROCESS_SAFE, &t.place.store, NULL), OK);
    close_place(&t.place);
    buf_free(&t.old);
    buf_free(&t.after);
    buf_free(&t.again);
}

/* Whichever allocation fails, ours or SQLite's, alone or with all after it: a transaction is whole or is not. */
Test(store, out_of_memory_it_holds_the_old_or_the_new)
{
    failmalloc_sqlite();
    for (int kind = 0; kind < KINDS; kind++)
        for (int way = 0; way < WAYS; way++) run_out(kind, way);
}

Test(store, out_of_memory_reading_is_refused)
{
    failmalloc_sqlite();
    for (int kind = 0; kind < KINDS; kind++) {
        struct buf right CLEANUP(buf_free) = buf_make(1000);
        struct buf seen CLEANUP(buf_free) = buf_make(1000);
        struct place p = open_place(kind);
        uint8_t bytes[3];
        bool done = false;
        cr_assert(furnish(p.store) == OK && contents(p.store, &right) == OK);
        for (size_t n = 1; failmalloc_round(n, &done); n++) {
            enum err e = contents(p.store, &seen);
            if (e == OK) e = store_read(p.store, "kept", 0, sizeof bytes, bytes);
            done = e == OK;
        }
        cr_expect(done && str_eq(buf_str(&seen), buf_str(&right)) && memcmp(bytes, "old", 3) == 0, "%s", kinds[kind]);
        close_place(&p);
    }
}
