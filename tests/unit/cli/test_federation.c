#include "cli/federation.h"
#include "common/wire/role.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static enum err parse(const char *text, struct federation *f, struct why *why)
{
    const struct doc *d = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(1 << 20);
    federation_default(f);
    TRY(doc_parse(str_of(text), "fed.yaml", &arena, &d, why));
    return federation_parse(d, "/etc/himas", f, why);
}

static const char whole[] =
    "domain: h.example\n"
    "hospitals: [north, south]\n"
    "tasks: [t/a.yaml, /b.yaml]\n"
    "records: {file: r.csv, split: dirichlet, alpha: 0.3, seed: 9}\n"
    "policy: p.yaml\n"
    "people: [{name: ann, roles: [operator]}, {name: bob, roles: [scientist, privacy-officer]}]\n"
    "settings: {coordinator: {log_level: debug, grace_ms: 5}, trainer: {site: \"a: b\"}}\n";

Test(federation, reads)
{
    struct why why = { "" };
    struct federation *f = calloc(1, sizeof *f);
    cr_assert_eq(parse(whole, f, &why), OK, "%s", why.text);
    cr_expect(f->nhospitals == 2 && strcmp(f->hospitals[1], "south") == 0 && strcmp(f->domain, "h.example") == 0);
    cr_expect(f->ntasks == 2 && strcmp(f->tasks[0], "/etc/himas/t/a.yaml") == 0 && strcmp(f->tasks[1], "/b.yaml") == 0);
    cr_expect(f->records.split == SPLIT_DIRICHLET && f->records.alpha == 0.3 && f->records.seed == 9);
    cr_expect_str_eq(f->policy, "/etc/himas/p.yaml");
    cr_expect(f->npeople == 2 && f->people[1].roles == (ROLE_SCIENTIST | ROLE_OFFICER));
    cr_expect(f->nsettings == 3 && strcmp(f->settings[2].value, "a: b") == 0);
    free(f);
}

Test(federation, prints_what_it_reads)
{
    struct why why = { "" };
    struct federation *f = calloc(1, sizeof *f);
    struct federation *back = calloc(1, sizeof *back);
    CLEANUP(buf_free) struct buf first = buf_make(FEDERATION_MAX_BYTES);
    CLEANUP(buf_free) struct buf second = buf_make(FEDERATION_MAX_BYTES);
    cr_assert_eq(parse(whole, f, NULL), OK);
    federation_print(f, &first);
    cr_assert_eq(parse((const char *)first.p, back, &why), OK, "%s", why.text);
    federation_print(back, &second);
    cr_expect_str_eq((const char *)first.p, (const char *)second.p);
    cr_expect(strcmp(back->tasks[0], f->tasks[0]) == 0 && back->nsettings == 3 && back->npeople == 2);
    free(f);
    free(back);
}

Test(federation, names)
{
    struct federation *f = calloc(1, sizeof *f);
    federation_default(f);
    cr_expect(f->nhospitals == 3 && strcmp(f->hospitals[2], "hospital-c") == 0 && federation_check(f, NULL) == OK);
    federation_name_hospitals(f, 100);
    cr_expect(f->nhospitals == 100 && strcmp(f->hospitals[99], "hospital-100") == 0);
    cr_expect_eq(federation_check(f, NULL), OK);
    cr_expect_eq(parse("hospitals: 5", f, NULL), OK);
    cr_expect_eq(f->nhospitals, 5);
    free(f);
}

Test(federation, refuses)
{
    static const char *const texts[] = {
        "hospitals: []",
        "hospitals: 0",
        "hospitals: 101",
        "hospitals: [a, a]",
        "hospitals: [Anna]",
        "hospitals: [coordinator]",
        "hospitals: [\"a/b\"]",
        "hospitals: [a, [b]]",
        "hospital: 3",
        "tasks: t.yaml",
        "records: {split: random}",
        "records: {alpha: -1}",
        "records: {path: x}",
        "people: [{name: ann}]",
        "people: [{name: ann, roles: [coordinator]}]",
        "people: [{name: hospital-a, roles: [operator]}]",
        "settings: {broker: {a: b}}",
        "settings: {trainer: {a: [b]}}",
        "domain: \"x y\"",
    };
    struct federation *f = calloc(1, sizeof *f);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct why why = { "" };
        cr_expect_eq(parse(texts[i], f, &why), ERR_SETTING, "%s", texts[i]);
        cr_expect(why.text[0] != '\0', "%s", texts[i]);
    }
    free(f);
}
