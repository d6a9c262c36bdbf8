#include "common/crypto/encode.h"
#include "common/crypto/stream.h"
#include <criterion/criterion.h>
#include <string.h>

Test(stream, zero_key_vector)
{
    static const uint8_t key[STREAM_KEY_BYTES];
    uint8_t out[32];
    char hex[65];
    struct stream *s CLEANUP(stream_drop) = NULL;
    cr_assert_eq(stream_new(key, &s), OK);
    cr_assert_eq(stream_read(s, out, sizeof out), OK);
    hex_encode(bytes_of(out, sizeof out), hex);
    cr_expect_str_eq(hex, "dc95c078a2408989ad48a21492842087530f8afbc74536b9a963b4f1c4cb738b");
    stream_free(NULL);
}

Test(stream, pieces_join)
{
    static const uint8_t key[STREAM_KEY_BYTES] = { 1, 2, 3 };
    uint8_t whole[1000], pieces[1000];
    struct stream *a CLEANUP(stream_drop) = NULL;
    struct stream *b CLEANUP(stream_drop) = NULL;
    cr_assert(stream_new(key, &a) == OK && stream_new(key, &b) == OK);
    cr_assert_eq(stream_read(a, whole, sizeof whole), OK);
    for (size_t at = 0, n = 1; at < sizeof pieces; at += n, n = n % 37 + 1) {
        if (n > sizeof pieces - at) n = sizeof pieces - at;
        cr_assert_eq(stream_read(b, pieces + at, n), OK);
    }
    cr_expect_arr_eq(whole, pieces, sizeof whole);
}
