#include "common/wire/msg.h"
#include <criterion/criterion.h>
#include <string.h>

Test(msg, the_table_is_whole)
{
    cr_expect(msg_desc(MSG_NONE) == NULL && msg_desc(MSG_COUNT) == NULL);
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        const struct msg_desc *d = msg_desc(t);
        struct msg m = msg_make(t, NULL);
        unsigned blobs = 0;
        cr_assert(d && d->name && d->doc && d->roles != ROLE_NONE && d->nfields <= SCHEMA_MAX_FIELDS);
        cr_expect_eq(msg_type_of(str_of(d->name)), t, "%s", d->name);
        cr_expect(msg_performative(t)[0] != '\0');
        for (size_t i = 0; i < d->nfields; i++) {
            const struct msg_field *f = &d->fields[i];
            cr_expect(f->min <= f->max && f->offset < sizeof(struct msg) && f->doc[0], "%s.%s", d->name, f->name);
            if (f->kind == FIELD_KIND_vec) cr_expect(f->max <= SCHEMA_MAX_VECTOR, "%s.%s", d->name, f->name);
            blobs += f->kind == FIELD_KIND_blob;
        }
        cr_expect(blobs <= 1 && (blobs == 1) == (msg_blob(&m) != NULL), "%s: one attachment at most", d->name);
    }
}

Test(msg, only_a_trainer_may_send_what_a_trainer_says)
{
    static const struct {
        enum msg_type type;
        unsigned roles;
    } rows[] = {
        { MSG_UPDATE, ROLE_TRAINER },
        { MSG_JOIN, ROLE_TRAINER },
        { MSG_ROUND_START, ROLE_COORDINATOR },
        { MSG_RUN_INVITE, ROLE_COORDINATOR },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(msg_desc(rows[i].type)->roles, rows[i].roles, "%s", msg_desc(rows[i].type)->name);
}

Test(msg, an_answer_belongs_to_the_same_run_and_round)
{
    struct msg about = msg_make(MSG_ROUND_START, NULL);
    about.round = 7;
    memcpy(about.run, "toy-1", 6);
    memcpy(about.stage, "training", 9);
    struct msg m = msg_make(MSG_UPDATE, &about);
    cr_expect(m.round == 7 && strcmp(m.run, "toy-1") == 0 && strcmp(m.stage, "training") == 0 && m.id[0] == '\0' &&
              m.type == MSG_UPDATE);
}
