#include "common/privacy/accounts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS_FIRST = 8 };

static void account_begin(struct account *a, const struct accounts *of)
{
    budget_init(&a->site, of->epsilon_max, of->delta);
    budget_init_units(&a->patients, of->epsilon_max, of->delta);
    a->site.data = a->patients.data = a->data;
}

void accounts_init(struct accounts *a, bool held, double epsilon_max, double delta)
{
    *a = (struct accounts){ .epsilon_max = epsilon_max, .delta = delta, .held = held };
    account_begin(&a->before, a);
}

static void account_end(struct account *a)
{
    budget_fini(&a->site);
    budget_fini(&a->patients);
}

void accounts_fini(struct accounts *a)
{
    for (size_t i = 0; i < a->count; i++) {
        account_end(a->list[i]);
        free(a->list[i]);
    }
    account_end(&a->before);
    free(a->list);
    *a = (struct accounts){ .count = 0 };
}

struct account *accounts_find(const struct accounts *a, const char *holder, const char *data)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->list[i]->holder, holder) == 0 && strcmp(a->list[i]->data, data) == 0) return a->list[i];
    return NULL;
}

static enum err make_room(struct accounts *a)
{
    if (a->count < a->cap) return OK;
    size_t cap = a->cap ? 2 * a->cap : ACCOUNTS_FIRST;
    struct account **grown = realloc(a->list, cap * sizeof *grown);
    if (grown == NULL) return ERR_MEMORY;
    a->list = grown;
    a->cap = cap;
    return OK;
}

static enum err account_new(const struct accounts *of, const char *holder, const char *data, struct account **out)
{
    struct account *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_MEMORY;
    account_begin(a, of);
    enum err e = str_copy(str_of(holder), a->holder, sizeof a->holder);
    if (e == OK) e = str_copy(str_of(data), a->data, sizeof a->data);
    if (e == OK) e = budget_go_on(&a->site, &of->before.site);
    if (e == OK) e = budget_go_on(&a->patients, &of->before.patients);
    if (e != OK) {
        account_end(a);
        free(a);
        return e;
    }
    *out = a;
    return OK;
}

enum err accounts_open(struct accounts *a, const char *holder, const char *data, struct account **out)
{
    *out = accounts_find(a, holder, data);
    if (*out) return OK;
    TRY(make_room(a));
    TRY(account_new(a, holder, data, out));
    a->list[a->count++] = *out;
    return OK;
}

struct budget *account_budget(struct account *a, bool patients) { return patients ? &a->patients : &a->site; }

/* ---- keeping ---- */

enum err account_put(void *page, const char *key, struct bytes record)
{
    const struct account_page *p = page;
    const struct account *a = p->account;
    char whole[ACCOUNT_KEY_BYTES];
    (void)snprintf(whole, sizeof whole, ACCOUNTS_PREFIX "%s%s%s/%s", a->holder, a->holder[0] ? "/" : "", a->data, key);
    return p->put(p->sink, whole, record);
}

enum err accounts_load(void *self, const char *key, struct bytes record)
{
    struct accounts *a = self;
    struct account *of = &a->before;
    struct str rest = str_of(key);
    char holder[ACCOUNT_HOLDER_BYTES] = "";
    char data[ACCOUNT_DATA_BYTES];
    if (str_starts(rest, ACCOUNTS_PREFIX)) {
        (void)str_next(&rest, '/');
        if (a->held && str_copy(str_next(&rest, '/'), holder, sizeof holder) != OK)
            return OK;                                                          /* no member has such a */
        if (str_copy(str_next(&rest, '/'), data, sizeof data) != OK) return OK; /* name, no data set   */
        TRY(accounts_open(a, holder, data, &of));
    }
    enum err e = budget_load(account_budget(of, !str_starts(rest, BUDGET_PREFIX)), rest.p, record);
    return e == ERR_STORE ? OK : e;
}
