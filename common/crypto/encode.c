#include "common/crypto/encode.h"
#include "common/crypto/openssl.h"
#include <string.h>

/* OpenSSL counts in int: whole groups of 3 bytes or 4 digits at a time. */
enum { GROUPS = 1 << 20, PLAIN_BYTES = 3, TEXT_BYTES = 4, NOT_HEX = 16 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

enum err base64_encode(struct bytes in, struct buf *out)
{
    uint8_t tail[TEXT_BYTES + 1];
    while (in.n >= PLAIN_BYTES) {
        size_t groups = least(in.n / PLAIN_BYTES, GROUPS);
        uint8_t *to = buf_grow(out, groups * TEXT_BYTES);
        if (to == NULL) return buf_err(out);
        (void)EVP_EncodeBlock(to, in.p, (int)(groups * PLAIN_BYTES)); /* its NUL falls on the buf's own */
        in = (struct bytes){ in.p + groups * PLAIN_BYTES, in.n - groups * PLAIN_BYTES };
    }
    if (in.n > 0) buf_add(out, tail, (size_t)EVP_EncodeBlock(tail, in.p, (int)in.n));
    return buf_err(out);
}

/* The number of `=` at the end, or 3 when there are others or the text is not whole groups. */
static size_t padding(struct str in)
{
    size_t pad = 0;
    while (pad < in.n && in.p[in.n - 1 - pad] == '=') pad++;
    bool whole = in.n % TEXT_BYTES == 0 && pad <= 2;
    return whole && (in.n == 0 || memchr(in.p, '=', in.n - pad) == NULL) ? pad : 3;
}

/* The last group has one spelling only: what it decodes to must encode to it. */
static bool is_canonical(struct str in, size_t pad)
{
    uint8_t plain[PLAIN_BYTES] = { 0 };
    uint8_t again[TEXT_BYTES + 1];
    const uint8_t *last = (const uint8_t *)in.p + in.n - TEXT_BYTES;
    (void)EVP_DecodeBlock(plain, last, TEXT_BYTES);
    (void)EVP_EncodeBlock(again, plain, (int)(PLAIN_BYTES - pad));
    return memcmp(last, again, TEXT_BYTES) == 0;
}

/* OpenSSL takes `=` for a digit, and skips white space at both ends: then there are too few bytes. */
enum err base64_decode(struct str in, struct buf *out)
{
    size_t pad = padding(in);
    size_t before = out->n;
    if (pad > 2 || (in.n > 0 && !is_canonical(in, pad))) return ERR_INPUT;
    while (in.n > 0) {
        size_t groups = least(in.n / TEXT_BYTES, GROUPS);
        uint8_t *to = buf_grow(out, groups * PLAIN_BYTES);
        if (to == NULL) return buf_err(out);
        int n = EVP_DecodeBlock(to, (const uint8_t *)in.p, (int)(groups * TEXT_BYTES));
        if (n != (int)(groups * PLAIN_BYTES)) {
            out->n = before;
            return ERR_INPUT;
        }
        in = (struct str){ in.p + groups * TEXT_BYTES, in.n - groups * TEXT_BYTES };
    }
    out->n -= pad;
    return buf_err(out);
}

void hex_encode(struct bytes in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.n; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
    out[2 * in.n] = '\0';
}

static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? (unsigned)(small - 'a') + 10 : NOT_HEX;
}

enum err hex_decode(struct str in, uint8_t *out, size_t n)
{
    bool right = in.n / 2 == n && in.n % 2 == 0;
    for (size_t i = 0; right && i < in.n; i++) right = hex_value(in.p[i]) < NOT_HEX;
    for (size_t i = 0; right && i < n; i++)
        out[i] = (uint8_t)(hex_value(in.p[2 * i]) << 4 | hex_value(in.p[2 * i + 1]));
    return right ? OK : ERR_INPUT;
}
