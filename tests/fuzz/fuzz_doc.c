/* Any bytes as a document: a tree or a complaint, and every getter safe on whatever tree there is. */
#include "common/wire/doc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ARENA_BYTES = 1 << 24 };

static void must(bool holds)
{
    if (!holds) abort();
}

static void read_as_everything(const struct doc *map, const char *key)
{
    static const char *const names[] = { "a", "b", NULL };
    struct why why = { "" };
    uint64_t u64 = 0;
    double f64 = 0;
    bool flag = false;
    char text[8] = "";
    unsigned choice = 0;
    const struct doc *child = NULL;
    if (doc_get_u64(map, key, 1, 9, &u64, &why) == OK) must(u64 <= 9);
    if (doc_get_f64(map, key, -1, 9, &f64, &why) == OK) must(f64 >= -1 && f64 <= 9);
    if (doc_get_ms(map, key, 5, 9, &u64, &why) == OK) must(u64 <= 9);
    if (doc_get_flag(map, key, &flag, &why) != OK) must(why.text[0] != '\0');
    if (doc_get_text(map, key, text, sizeof text, &why) == OK) must(strlen(text) < sizeof text);
    if (doc_get_choice(map, key, names, &choice, &why) == OK) must(choice < 2);
    if (doc_get_child(map, key, DOC_LIST, &child, &why) == OK && child) must(child->kind == DOC_LIST);
}

static size_t walk(const struct doc *d, unsigned depth)
{
    static const char *const keys[] = { "name", NULL };
    size_t nodes = 1;
    must(depth <= DOC_MAX_DEPTH && d->line > 0);
    for (size_t i = 0; i < d->count; i++) {
        const struct doc *child = d->items[i];
        must(child->parent == d && (d->kind == DOC_MAP) == (child->key.n > 0));
        nodes += walk(child, depth + 1);
    }
    if (d->kind == DOC_SCALAR) must(str_is_utf8(d->text) && (d->text.n == 0 || !memchr(d->text.p, '\0', d->text.n)));
    if (doc_only(d, keys, NULL) == OK) must(d->kind == DOC_MAP);
    if (d->key.n > 0 && d->key.n < 64 && d->parent) {
        char key[64] = "";
        memcpy(key, d->key.p, d->key.n);
        must(doc_get(d->parent, key) == d);
        read_as_everything(d->parent, key);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    struct why why = { "" };
    enum err e = doc_parse(bytes_str(bytes_of(data, n)), "fuzz", &arena, &d, &why);
    must((e == OK) == (d != NULL) && (e == OK || why.text[0] != '\0'));
    if (d) must(walk(d, 0) <= DOC_MAX_NODES);
    return 0;
}
