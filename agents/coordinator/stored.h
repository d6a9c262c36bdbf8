/*
 * stored -- plain structs to and from the store, by a table of fields.
 *
 * A stored row is one line of JSON, so that a person with sqlite3 can read it.
 * Numbers that are not finite are left out: what
 * the struct held before reading stays.  Unknown keys are ignored, so that a
 * newer store can be read.
 */
#pragma once
#include "common/base/buf.h"
#include <stddef.h>

enum stored_kind {
    STORED_COUNT,  /* uint64_t, or an int64_t that is never negative; up to 2^53 */
    STORED_NUMBER, /* unsigned: enums */
    STORED_REAL,   /* double, exact */
    STORED_TEXT,   /* char[size] */
    STORED_FLAG    /* bool */
};
struct stored_field {
    const char *name; /* NULL ends the table */
    enum stored_kind kind;
    size_t offset;
    size_t size;       /* STORED_TEXT */
    struct str member; /* the name as JSON has it */
};
#define STORED_FIELD(type, kind_, field)                                                                               \
    {                                                                                                                  \
#field, STORED_##kind_, offsetof(struct type, field), sizeof(((struct type *)0)->field),                       \
        {                                                                                                              \
            "\"" #field "\":", sizeof("\"" #field "\":") - 1                                                           \
        }                                                                                                              \
    }

enum { STORED_MAX_BYTES = 16 * 1024 };

void stored_write(const struct stored_field *fields, const void *from, struct buf *out); /* errors stick to out */
/* ERR_STORE with the field's name when the text is no such row. */
enum err stored_read(const struct stored_field *fields, struct bytes text, void *to, struct why *why) MUST_USE;

/* Appends a JSON string, quotes included, that YAML readers take too; bytes that are no UTF-8 become U+FFFD. */
void stored_add_text(struct buf *out, struct str text);
/* Appends a JSON number, or null when it is not finite. */
void stored_add_real(struct buf *out, double value);
