#include "common/base/put.h"
#include <string.h>

enum { DIGITS_MAX = 20 };

struct put put_into(char *out, size_t size)
{
    out[0] = '\0';
    return (struct put){ out, out + size - 1 };
}

static void add(struct put *p, const char *text, size_t n)
{
    size_t room = (size_t)(p->last - p->at);
    if (n > room) n = room;
    memcpy(p->at, text, n);
    p->at += n;
    *p->at = '\0';
}

void put_z(struct put *p, const char *z) { add(p, z, strlen(z)); }

static void add_digits(struct put *p, uint64_t value, unsigned base, unsigned least)
{
    static const char letters[] = "0123456789abcdef";
    char text[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    do text[--at] = letters[value % base];
    while ((value /= base) > 0);
    while (DIGITS_MAX - at < least) text[--at] = '0';
    add(p, text + at, DIGITS_MAX - at);
}

void put_u64(struct put *p, uint64_t value, unsigned digits) { add_digits(p, value, 10, digits); }
void put_hex(struct put *p, uint64_t value, unsigned digits) { add_digits(p, value, 16, digits); }
