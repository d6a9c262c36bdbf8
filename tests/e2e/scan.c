/* Looks for planted directions in what processes and files hold.
 *
 *   e2e-scan DIRECTION[/DIRECTION ...] PLACE ...     a direction: numbers with commas; a place: a file, or pid:NUMBER
 *
 * A find is a row of numbers, one after another at any byte, that are a direction times anything: an update of a
 * hospital all of whose records lie on one line points along that line, whatever was done to its length.  Numbers are
 * looked for as float32, float64, and whole numbers of 32 and 64 bits (the units of a quantised sum); also inside of
 * what looks like base64.  Prints a line a place: finds and bytes looked at.
 */
#include "common/base/file.h"
#include "common/base/str.h"
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIRECTIONS_MAX = 8, LENGTH_MAX = 32, PATH_BYTES = 64, LINE_BYTES = 512, BASE64_LEAST = 64 };
#define TOLERANCE 1e-4
#define WHOLE_SLACK 2.0    /* units: each was rounded */
#define WHOLE_LEAST 1000.0 /* below it, slack alone would find anything */

struct direction {
    double at[LENGTH_MAX];
    size_t n;
};
struct planted {
    struct direction directions[DIRECTIONS_MAX];
    size_t n;
};
struct found {
    size_t finds;
    size_t bytes;
};

static double read_f32(const uint8_t *p)
{
    float v;
    memcpy(&v, p, sizeof v);
    return (double)v;
}
static double read_f64(const uint8_t *p)
{
    double v;
    memcpy(&v, p, sizeof v);
    return v;
}
static double read_i32(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static double read_i64(const uint8_t *p)
{
    int64_t v;
    memcpy(&v, p, sizeof v);
    return (double)v;
}
static const struct kind {
    double (*read)(const uint8_t *p);
    size_t bytes;
    double least; /* of the first number */
    double slack; /* absolute, of each */
} kinds[] = {
    { read_f32, 4, 1e-12, 0 },
    { read_f64, 8, 1e-12, 0 },
    { read_i32, 4, WHOLE_LEAST, WHOLE_SLACK },
    { read_i64, 8, WHOLE_LEAST, WHOLE_SLACK },
};

static bool is_along(const struct direction *d, const struct kind *k, const uint8_t *p)
{
    double first = k->read(p);
    if (!(fabs(first) >= k->least && fabs(first) < 1e15)) return false;
    double times = first / d->at[0];
    for (size_t i = 1; i < d->n; i++) {
        double expected = times * d->at[i];
        double slack = k->slack * (1 + fabs(d->at[i] / d->at[0])) + TOLERANCE * fabs(expected);
        if (!(fabs(k->read(p + i * k->bytes) - expected) <= slack)) return false;
    }
    return true;
}

static size_t scan_kind(const struct direction *d, const struct kind *k, const uint8_t *p, size_t n)
{
    size_t finds = 0;
    for (size_t i = 0; i + d->n * k->bytes <= n; i++) finds += is_along(d, k, p + i);
    return finds;
}

static size_t scan_bytes(const struct planted *d, const uint8_t *p, size_t n)
{
    size_t finds = 0;
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            finds += scan_kind(&d->directions[i], &kinds[k], p, n);
    return finds;
}

/* ---- base64 ---- */

static int digit_of(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Decodes the digits at p in place; returns how many there were. */
static size_t decode_run(uint8_t *p, size_t n, size_t *out_bytes)
{
    size_t digits = 0;
    size_t bytes = 0;
    uint32_t bits = 0;
    for (int v; digits < n && (v = digit_of(p[digits])) >= 0; digits++) {
        bits = bits << 6 | (uint32_t)v;
        if (digits % 4 != 0) p[bytes++] = (uint8_t)(bits >> (2 * (3 - digits % 4)));
    }
    *out_bytes = bytes;
    return digits;
}

/* Spoils p. */
static size_t scan_base64(const struct planted *d, uint8_t *p, size_t n)
{
    size_t finds = 0;
    size_t digits;
    for (size_t i = 0; i < n; i += digits + 1) {
        size_t bytes = 0;
        digits = decode_run(p + i, n - i, &bytes);
        if (digits >= BASE64_LEAST) finds += scan_bytes(d, p + i, bytes);
    }
    return finds;
}

/* ---- places ---- */

static void scan_block(const struct planted *d, uint8_t *p, size_t n, struct found *out)
{
    out->bytes += n;
    out->finds += scan_bytes(d, p, n);
    out->finds += scan_base64(d, p, n);
}

/* A mapping that is gone by now, or has no bytes behind it, is passed over. */
static void scan_mapping(const struct planted *d, int memory, uintmax_t begin, uintmax_t end, struct found *out)
{
    size_t n = (size_t)(end - begin);
    uint8_t *bytes = malloc(n);
    ssize_t got = bytes ? pread(memory, bytes, n, (off_t)begin) : -1;
    if (got > 0) scan_block(d, bytes, (size_t)got, out);
    free(bytes);
}

static bool scan_process(const struct planted *d, const char *pid, struct found *out)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "r");
    (void)snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    while (maps && memory >= 0 && fgets(line, sizeof line, maps)) {
        char *rest = line; /* begin-end rwxp ... */
        uintmax_t begin = strtoumax(rest, &rest, 16);
        uintmax_t end = *rest == '-' ? strtoumax(rest + 1, &rest, 16) : 0;
        if (end > begin && strncmp(rest, " rw", 3) == 0) scan_mapping(d, memory, begin, end, out);
    }
    if (maps) (void)fclose(maps);
    if (memory >= 0) (void)close(memory);
    return out->bytes > 0;
}

static bool scan_file(const struct planted *d, const char *path, struct found *out)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
    if (file_read(path, &bytes, NULL) != OK) return false;
    scan_block(d, (uint8_t *)bytes.p, bytes.n, out);
    return true;
}

static bool read_direction(struct str rest, struct direction *out)
{
    for (out->n = 0; rest.n > 0 && out->n < LENGTH_MAX; out->n++)
        if (str_f64(str_next(&rest, ','), &out->at[out->n]) != OK || out->at[out->n] == 0) return false;
    return out->n >= 4 && rest.n == 0;
}

static bool read_planted(const char *text, struct planted *out)
{
    struct str rest = str_of(text);
    for (out->n = 0; rest.n > 0 && out->n < DIRECTIONS_MAX; out->n++)
        if (!read_direction(str_next(&rest, '/'), &out->directions[out->n])) return false;
    return out->n > 0 && rest.n == 0;
}

int main(int argc, char **argv)
{
    struct planted d;
    if (argc < 3 || !read_planted(argv[1], &d)) {
        (void)fprintf(stderr, "usage: e2e-scan NUMBER,NUMBER,NUMBER,NUMBER[,...][/...] FILE|pid:NUMBER ...\n");
        return 64;
    }
    for (int i = 2; i < argc; i++) {
        struct found found = { 0 };
        bool process = strncmp(argv[i], "pid:", 4) == 0;
        if (!(process ? scan_process(&d, argv[i] + 4, &found) : scan_file(&d, argv[i], &found))) {
            (void)fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        printf("%s %zu %zu\n", argv[i], found.finds, found.bytes);
    }
    return 0;
}
