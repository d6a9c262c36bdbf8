#include "cli/federation.h"
#include "cli/emit.h"
#include "common/wire/role.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAMED_LETTERS = 26 };
#define ALPHA_MAX 1e6

static const char *const splits[] = { "iid", "dirichlet", NULL };

void federation_name_hospitals(struct federation *f, size_t n)
{
    f->nhospitals = n < FEDERATION_MAX_HOSPITALS ? n : FEDERATION_MAX_HOSPITALS;
    for (size_t i = 0; i < f->nhospitals; i++) {
        if (i < NAMED_LETTERS)
            (void)snprintf(f->hospitals[i], FEDERATION_NAME_BYTES, "hospital-%c", (char)('a' + (int)i));
        else
            (void)snprintf(f->hospitals[i], FEDERATION_NAME_BYTES, "hospital-%zu", i + 1);
    }
}

void federation_default(struct federation *f)
{
    *f = (struct federation){ .domain = "himas.local", .records = { .alpha = 0.5, .seed = 1 } };
    federation_name_hospitals(f, 3);
    f->npeople = 1;
    f->people[0] = (struct federation_person){ "operator", ROLE_OPERATOR | ROLE_SCIENTIST };
}

/* ---- reading ---- */

static enum err item_text(const struct doc *d, const char *what, char *out, size_t size, struct why *why)
{
    if (d->kind != DOC_SCALAR || !d->text.n || str_copy(d->text, out, size) != OK)
        return why_say(why, ERR_SETTING, "%s, line %u: %s must be a word of at most %zu characters", d->source, d->line,
                       what, size - 1);
    return OK;
}

static enum err need_list(const struct doc *d, const char *what, size_t max, struct why *why)
{
    if (d->kind == DOC_LIST && d->count <= max) return OK;
    return why_say(why, ERR_SETTING, "%s, line %u: %s must be a list of at most %zu", d->source, d->line, what, max);
}

static enum err read_hospitals(const struct doc *d, struct federation *f, struct why *why)
{
    uint64_t n = 0;
    if (d->kind == DOC_SCALAR && str_u64(d->text, &n) == OK && n > 0 && n <= FEDERATION_MAX_HOSPITALS) {
        federation_name_hospitals(f, (size_t)n);
        return OK;
    }
    TRY(need_list(d, "hospitals", FEDERATION_MAX_HOSPITALS, why));
    f->nhospitals = d->count;
    for (size_t i = 0; i < d->count; i++)
        TRY(item_text(d->items[i], "a hospital's name", f->hospitals[i], FEDERATION_NAME_BYTES, why));
    return OK;
}

static enum err read_path(const struct doc *d, const char *folder, char *out, struct why *why)
{
    char path[HOME_PATH_BYTES];
    TRY(item_text(d, "a path", path, sizeof path, why));
    return home_absolute(folder, path, out, HOME_PATH_BYTES, why);
}

static enum err read_tasks(const struct doc *d, const char *folder, struct federation *f, struct why *why)
{
    TRY(need_list(d, "tasks", FEDERATION_MAX_TASKS, why));
    f->ntasks = d->count;
    for (size_t i = 0; i < d->count; i++) TRY(read_path(d->items[i], folder, f->tasks[i], why));
    return OK;
}

static enum err read_records(const struct doc *d, const char *folder, struct federation *f, struct why *why)
{
    static const char *const keys[] = { "file", "split", "alpha", "seed", NULL };
    const struct doc *file = doc_get(d, "file");
    TRY(doc_only(d, keys, why));
    if (file) TRY(read_path(file, folder, f->records.file, why));
    TRY(doc_get_choice(d, "split", splits, &f->records.split, why));
    TRY(doc_get_f64(d, "alpha", 0, ALPHA_MAX, &f->records.alpha, why));
    return doc_get_u64(d, "seed", 0, UINT64_MAX, &f->records.seed, why);
}

static enum err read_person(const struct doc *d, struct federation_person *out, struct why *why)
{
    static const char *const keys[] = { "name", "roles", NULL };
    const struct doc *roles = doc_get(d, "roles");
    TRY(doc_only(d, keys, why));
    TRY(doc_need_text(d, "name", out->name, sizeof out->name, why));
    for (size_t i = 0; roles && i < roles->count; i++) {
        unsigned role = role_parse(roles->items[i]->text) & ROLE_PEOPLE;
        if (role == ROLE_NONE)
            return why_say(why, ERR_SETTING, "%s, line %u: '" STR_F "' is no role of a person", roles->source,
                           roles->items[i]->line, STR_ARG(roles->items[i]->text));
        out->roles |= role;
    }
    if (out->roles == ROLE_NONE)
        return why_say(why, ERR_SETTING, "%s, line %u: %s has no roles", d->source, d->line, out->name);
    return OK;
}

static enum err read_people(const struct doc *d, struct federation *f, struct why *why)
{
    TRY(need_list(d, "people", FEDERATION_MAX_PEOPLE, why));
    f->npeople = 0;
    for (size_t i = 0; i < d->count; i++) {
        struct federation_person one = { 0 };
        TRY(read_person(d->items[i], &one, why));
        f->people[f->npeople++] = one;
    }
    return OK;
}

static enum err read_agent_settings(const struct doc *d, struct federation *f, struct why *why)
{
    for (size_t i = 0; i < d->count; i++) {
        if (f->nsettings == FEDERATION_MAX_SETTINGS)
            return why_say(why, ERR_SETTING, "%s, line %u: more than %d settings", d->source, d->line,
                           FEDERATION_MAX_SETTINGS);
        struct federation_setting *s = &f->settings[f->nsettings];
        TRY(str_copy(d->key, s->agent, sizeof s->agent));
        if (str_copy(d->items[i]->key, s->name, sizeof s->name) != OK)
            return why_say(why, ERR_SETTING, "%s, line %u: the name is too long", d->source, d->items[i]->line);
        TRY(item_text(d->items[i], "the value", s->value, sizeof s->value, why));
        f->nsettings++;
    }
    return OK;
}

static enum err read_settings(const struct doc *d, struct federation *f, struct why *why)
{
    static const char *const keys[] = { "coordinator", "trainer", "guardian", NULL };
    TRY(doc_only(d, keys, why));
    f->nsettings = 0;
    for (size_t i = 0; i < d->count; i++) TRY(read_agent_settings(d->items[i], f, why));
    return OK;
}

enum err federation_parse(const struct doc *d, const char *folder, struct federation *f, struct why *why)
{
    static const char *const keys[] = { "guardian", "domain", "hospitals", "tasks", "records",
                                        "policy",   "people", "settings",  NULL };
    const struct doc *hospitals = doc_get(d, "hospitals");
    const struct doc *tasks = doc_get(d, "tasks");
    const struct doc *records = doc_get(d, "records");
    const struct doc *policy = doc_get(d, "policy");
    const struct doc *people = doc_get(d, "people");
    const struct doc *settings = doc_get(d, "settings");
    TRY(doc_only(d, keys, why));
    TRY(doc_get_text(d, "domain", f->domain, sizeof f->domain, why));
    if (hospitals) TRY(read_hospitals(hospitals, f, why));
    if (tasks) TRY(read_tasks(tasks, folder, f, why));
    if (records) TRY(read_records(records, folder, f, why));
    if (policy) TRY(read_path(policy, folder, f->policy, why));
    TRY(doc_get_flag(d, "guardian", &f->guardian, why));
    if (people) TRY(read_people(people, f, why));
    if (settings) TRY(read_settings(settings, f, why));
    return federation_check(f, why);
}

enum err federation_read(const char *path, struct federation *f, struct why *why)
{
    char folder[HOME_PATH_BYTES];
    const struct doc *d = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(4 * DOC_MAX_BYTES);
    TRY(doc_read(path, &arena, &d, why));
    return federation_parse(d, home_folder_of(path, folder, sizeof folder), f, why);
}

/* ---- checking ---- */

/* The local part of a JID, a folder and a file: letters, digits, dot, hyphen, underscore. */
static bool is_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && (p == name || !strchr("-._", *p)))
            return false;
    return *name != '\0';
}

static enum err check_name(const struct federation *f, const char *name, size_t before, struct why *why)
{
    if (!is_name(name))
        return why_say(why, ERR_SETTING, "'%s' is no name: use lower-case letters, digits, '-', '.', '_'", name);
    bool used = strcmp(name, "coordinator") == 0 || strcmp(name, "broker") == 0 || strcmp(name, "supervisor") == 0 ||
                strcmp(name, "guardian") == 0;
    for (size_t i = 0; i < f->nhospitals && i < before; i++) used = used || strcmp(f->hospitals[i], name) == 0;
    if (used) return why_say(why, ERR_SETTING, "the name '%s' is used twice or reserved", name);
    return OK;
}

enum err federation_check(const struct federation *f, struct why *why)
{
    if (!f->nhospitals) return why_say(why, ERR_SETTING, "a federation needs a hospital");
    if (!is_name(f->domain)) return why_say(why, ERR_SETTING, "'%s' is no domain", f->domain);
    for (size_t i = 0; i < f->nhospitals; i++) TRY(check_name(f, f->hospitals[i], i, why));
    for (size_t i = 0; i < f->npeople; i++) TRY(check_name(f, f->people[i].name, f->nhospitals, why));
    return OK;
}

/* ---- writing ---- */

static void print_people(const struct federation *f, struct buf *out)
{
    buf_add_z(out, "people:\n");
    for (size_t i = 0; i < f->npeople; i++) {
        char roles[200];
        role_list(f->people[i].roles, roles, sizeof roles);
        buf_addf(out, "  - {name: \"%s\", roles: [%s]}\n", f->people[i].name, roles);
    }
}

static void print_settings(const struct federation *f, struct buf *out)
{
    static const char *const agents[] = { "coordinator", "trainer", "guardian" };
    if (!f->nsettings) return;
    buf_add_z(out, "settings:\n");
    for (size_t a = 0; a < sizeof agents / sizeof *agents; a++) {
        buf_addf(out, "  %s: {", agents[a]);
        size_t n = 0;
        for (size_t i = 0; i < f->nsettings; i++) {
            if (strcmp(f->settings[i].agent, agents[a]) != 0) continue;
            buf_addf(out, "%s%s: ", n++ ? ", " : "", f->settings[i].name);
            emit_text(out, str_of(f->settings[i].value));
        }
        buf_add_z(out, "}\n");
    }
}

void federation_print(const struct federation *f, struct buf *out)
{
    buf_add_z(out, "# What `himas up` makes here; edit it and run `himas up` again.\n");
    emit_pair(out, "domain", f->domain);
    buf_add_z(out, "hospitals: [");
    for (size_t i = 0; i < f->nhospitals; i++) buf_addf(out, "%s%s", i ? ", " : "", f->hospitals[i]);
    buf_add_z(out, "]\ntasks:");
    if (!f->ntasks) buf_add_z(out, " []");
    buf_add_z(out, "\n");
    for (size_t i = 0; i < f->ntasks; i++) {
        buf_add_z(out, "  - ");
        emit_text(out, str_of(f->tasks[i]));
        buf_add_z(out, "\n");
    }
    buf_add_z(out, "records:\n");
    if (*f->records.file) emit_pair(out, "  file", f->records.file);
    buf_addf(out, "  split: %s\n", splits[f->records.split]);
    emit_real(out, "  alpha", f->records.alpha);
    emit_count(out, "  seed", f->records.seed);
    if (*f->policy) emit_pair(out, "policy", f->policy);
    if (f->guardian) buf_add_z(out, "guardian: yes\n");
    print_people(f, out);
    print_settings(f, out);
}
