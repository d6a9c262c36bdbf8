/*
 * put -- short texts of a fixed room, keys and names, put together piece by
 * piece: several times as fast as snprintf, and a message takes some twenty.
 *
 * Each piece goes behind the one before, as far as there is room, and a NUL
 * behind it, as snprintf does it.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct put {
    char *at, *last; /* the NUL; the room's last byte */
};

struct put put_into(char *out, size_t size); /* size >= 1 */
void put_z(struct put *p, const char *z);
void put_u64(struct put *p, uint64_t value, unsigned digits); /* at least so many, with zeros in front; at most 20 */
void put_hex(struct put *p, uint64_t value, unsigned digits);
