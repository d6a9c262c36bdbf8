#include "tests/support/birth.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

static uint64_t mono_ms(void *self)
{
    (void)self;
    return 1;
}
static int64_t wall_ms(void *self)
{
    (void)self;
    return 1767225600000;
}
static enum err dice(void *self, void *out, size_t n)
{
    (void)self;
    memset(out, 4, n);
    return OK;
}
static enum err timer(void *self, uint64_t delay_ms, uint64_t token)
{
    (void)self;
    (void)delay_ms;
    (void)token;
    return OK;
}
static enum err offload(void *self, const struct agent_job *job, uint64_t token)
{
    (void)self;
    (void)job;
    (void)token;
    return OK;
}

static enum err describe(void *to, const char *key, struct bytes value)
{
    uint64_t sum = value.n;
    for (size_t i = 0; i < value.n; i++) sum = sum * 31 + value.p[i];
    buf_addf(to, "%s=%llx ", key, (unsigned long long)sum);
    return buf_err(to);
}

static struct buf contents(struct store *s)
{
    struct buf out = buf_make(1 << 24);
    cr_assert_eq(store_scan(s, "", describe, &out), OK);
    return out;
}

size_t birth_without_memory(struct sim *s, const char *name)
{
    struct agent *living = sim_agent(s, name);
    const struct core_config config = {
        .def = core_def(living),
        .jid = agent_jid(living),
        .settings = agent_settings(living),
        .roster = agent_roster(living),
        .store = sim_store(s, name),
        .host = { .mono_ms = mono_ms, .wall_ms = wall_ms, .random = dice, .timer = timer, .offload = offload },
    };
    struct buf before CLEANUP(buf_free) = contents(config.store);
    for (size_t n = 1; n <= FAILMALLOC_ROUNDS_MAX; n++) {
        struct agent *made = NULL;
        struct why why = { "" };
        failmalloc_at(n);
        enum err e = core_new(&config, &made, &why);
        bool asked = failmalloc_count() >= n;
        failmalloc_at(0);
        struct buf after CLEANUP(buf_free) = contents(config.store);
        cr_assert(e == OK ? made != NULL : made == NULL && str_eq(buf_str(&after), buf_str(&before)), "%s: %zu: %s: %s",
                  name, n, err_name(e), why.text);
        core_free(made);
        if (asked) continue;
        cr_assert_eq(e, OK, "%s: %s", err_name(e), why.text);
        return n;
    }
    cr_assert_fail("%s never gets enough", name);
    return 0;
}
