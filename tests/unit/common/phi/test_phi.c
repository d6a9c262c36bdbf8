#include "common/base/file.h"
#include "common/phi/phi.h"
#include "tests/support/failmalloc.h"
#include "tests/support/patients.h"
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool own(const void *to, struct str value)
{
    (void)to;
    return str_is(value, "trainer@hospital-a.org");
}

static const struct {
    const char *text;
    enum phi_type type; /* of the first hit */
    const char *span;   /* of it, as it stands in the text */
} rows[] = {
    { "patient John Smith was seen", PHI_NAME, "patient John Smith" },
    { "his number is 123-45-6789.", PHI_SSN, "123-45-6789" },
    { "his number is \xef\xbc\x91\xef\xbc\x92\xef\xbc\x93-45-6789", PHI_SSN,
      "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93-45-6789" },
    { "1\xe2\x80\x8b"
      "23-45-6789 it is",
      PHI_SSN,
      "1\xe2\x80\x8b"
      "23-45-6789" },
    { "123%2D45%2D6789", PHI_SSN, "123%2D45%2D6789" },
    { "ssn 1 2 3 4 5 6 7 8 8", PHI_SSN, "1 2 3 4 5 6 7 8 8" },
    { "trainer@hospital-a.org and jane@hospital-a.org", PHI_EMAIL, "jane@hospital-a.org" },
    { "\xd0\x88"
      "ohn \xd0\x85"
      "mith is here",
      PHI_NAME,
      "\xd0\x88"
      "ohn \xd0\x85"
      "mith" },
    { "ZWNobyBTU04gMTIzLTQ1LTY3ODkgYnkgYmFzZTY0LCB0d2ljZQ==", PHI_SSN, NULL },
    { "TVRJekxUUTFMVFkzT0RrZ2RIZHBZMlVnYjNabGNnPT0=", PHI_SSN, NULL }, /* in base64 twice */
    { "trainer@hospital-a.org joined; round 3 of 10", PHI_NONE, NULL },
    { "", PHI_NONE, NULL },
    { "\xff\xfe", PHI_UNSCANNED, "\xff\xfe" },
    /* hidden from a machine, not from a reader */
    { "1\xef\xb8\x8f\xe2\x83\xa3"
      "23-45-6789 on keycaps",
      PHI_SSN, NULL },
    { "\xe2\x9d\xb6\xe2\x9d\xb7\xe2\x9d\xb8-45-6789 in black circles", PHI_SSN, NULL },
    { "12\x01"
      "3-45-\x7f"
      "6789",
      PHI_SSN, NULL },
    { "12\xc2\x81"
      "3-45-\xef\xbf\xb9"
      "6789",
      PHI_SSN, NULL },
    { "123\xe2\x80\xa2"
      "45\xc2\xb7"
      "6789",
      PHI_SSN, NULL },
    { "\xe2\x80\xae"
      "9876-54-321",
      PHI_UNSCANNED, NULL }, /* shown from right to left */
    { "his number is 123-45-\n6789", PHI_SSN, "123-45-\n6789" },
    { "123 - 45 -- 6789", PHI_SSN, "123 - 45 -- 6789" },
    { "x123-45-6789", PHI_SSN, "123-45-6789" },
    { "ssn_123456789", PHI_SSN, "123456789" },
    { "123_45~6789", PHI_SSN, "123_45~6789" },
    { "SSN: 123 456 789", PHI_SSN, "123 456 789" },
    { "born_1961-03-04", PHI_DATE, "1961-03-04" },
    { "born 04MAR1961", PHI_DATE, "04MAR1961" },
    { "MRN 123 4567", PHI_MRN, "MRN 123 4567" },
    { "001b.4411.3ab7", PHI_MAC, "001b.4411.3ab7" },
    { "4111.1111.1111.1111", PHI_CARD, "4111.1111.1111.1111" },
    { "GB82-WEST-1234-5698-7654-32", PHI_IBAN, "GB82-WEST-1234-5698-7654-32" },
    { "AB-1234563", PHI_DEA, "AB-1234563" },
    { "he lives at 12, Main Street", PHI_ADDRESS, "12, Main Street" },
    { "ZWNobyBTU04gMTIzLTQ1LT\nY3ODkgYnkgYmFzZTY0LCB0d2ljZQ==", PHI_SSN, NULL }, /* over two lines */
    { "MQAyADMALQA0ADUALQA2ADcAOAA5AA==", PHI_SSN, NULL },                       /* UTF-16 */
    { "hello/MTIzLTQ1LTY3ODk=", PHI_SSN, NULL },
    { "31:32:33:2d:34:35:2d:36:37:38:39", PHI_SSN, "31:32:33:2d:34:35:2d:36:37:38:39" },
    { "0x31, 0x32 0x33 0x2d 0x34 0x35 0x2d 0x36 0x37 0x38 0x39", PHI_SSN, NULL },
    { "=31=32=33=2D45=2D6789", PHI_SSN, NULL },
    { "\\u{31}\\U0000003"
      "23-45-6789",
      PHI_SSN, NULL },
    { "&#0000000049&#50;3-45-6789", PHI_SSN, NULL },
    { "123%2d45%2d6789 %ff", PHI_SSN, "123%2d45%2d6789" },
};

Test(phi, says_what_and_where)
{
    struct phi *p = NULL;
    const struct phi_known known = { own, NULL };
    cr_assert_eq(phi_new(&p), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct phi_hits hits;
        struct str text = str_of(rows[i].text);
        phi_scan(p, text, &known, &hits);
        cr_expect_eq(hits.n > 0, rows[i].type != PHI_NONE, "%s", rows[i].text);
        if (hits.n == 0) continue;
        cr_expect_eq(hits.hit[0].type, rows[i].type, "%s: %s", rows[i].text, phi_name(hits.hit[0].type));
        cr_expect(hits.hit[0].at + hits.hit[0].n <= text.n, "%s", rows[i].text);
        struct str span = { text.p + hits.hit[0].at, hits.hit[0].n };
        if (rows[i].span) cr_expect(str_is(span, rows[i].span), "%s: " STR_F, rows[i].text, STR_ARG(span));
    }
    phi_free(p);
}

Test(phi, what_cannot_be_looked_at_is_a_hit)
{
    struct phi_hits hits;
    struct buf huge CLEANUP(buf_free) = buf_make(PHI_MAX_BYTES + 1);
    struct phi *p = NULL;
    cr_assert_eq(phi_new(&p), OK);
    phi_scan(NULL, STR("round 3"), NULL, &hits);
    cr_expect(hits.n == 1 && hits.hit[0].type == PHI_UNSCANNED && hits.hit[0].n == 7);
    cr_assert_not_null(buf_grow(&huge, PHI_MAX_BYTES + 1));
    phi_scan(p, buf_str(&huge), NULL, &hits);
    cr_expect(hits.n == 1 && hits.hit[0].type == PHI_UNSCANNED);
    phi_free(p);
}

Test(phi, without_memory_it_withholds)
{
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct phi *p = NULL;
        struct phi_hits hits = { .n = 0 };
        if (phi_new(&p) != OK) continue;
        phi_scan(p, STR("his number is 123-45-6789 and U1NOIDEyMy00NS02Nzg5"), NULL, &hits);
        cr_expect_geq(hits.n, 1, "allocation %zu", n);
        done = hits.hit[0].type == PHI_SSN && hits.hit[hits.n - 1].type != PHI_UNSCANNED;
        phi_free(p);
    }
}

/* ---- recall ---- */

enum { SENTENCES = 400 };

static size_t found(struct phi *p, struct rng *r, enum phi_type type, enum patients_wrap wrap, bool *missed_all)
{
    struct phi_hits hits;
    struct buf text CLEANUP(buf_free) = buf_make(4096);
    size_t same = 0;
    patients_say(r, type, wrap, &text);
    phi_scan(p, buf_str(&text), NULL, &hits);
    for (size_t i = 0; i < hits.n; i++) same += hits.hit[i].type == type;
    *missed_all = hits.n == 0;
    if (same == 0) cr_log_info("%s: missed: " STR_F, phi_name(type), STR_ARG(buf_str(&text)));
    return same > 0;
}

Test(phi, finds_made_up_patients_of_every_class)
{
    struct phi *p = NULL;
    struct rng r = rng_make(20240614);
    cr_assert_eq(phi_new(&p), OK);
    for (enum phi_type t = PHI_NONE + 1; t < PHI_UNSCANNED; t++) {
        size_t same = 0;
        size_t free_passes = 0;
        for (size_t i = 0; i < SENTENCES; i++) {
            enum patients_wrap wrap =
                rng_below(&r, 10) < 6 ? PATIENTS_PLAIN : (enum patients_wrap)rng_below(&r, PATIENTS_WRAPS);
            bool missed = false;
            same += found(p, &r, t, wrap, &missed);
            free_passes += missed;
        }
        double recall = (double)same / SENTENCES;
        (void)printf("# phi recall %-10s %.4f as such, %.4f withheld\n", phi_name(t), recall,
                     1 - (double)free_passes / SENTENCES);
        cr_expect(recall >= (patients_checksummed(t) ? 1.0 : .95), "%s: %g", phi_name(t), recall);
    }
    phi_free(p);
}

/* ---- precision ---- */

struct tally {
    struct phi *phi;
    size_t texts, bytes, hits;
};

static void ordinary(struct tally *t, struct str text, const char *file)
{
    struct phi_hits hits;
    t->texts++;
    t->bytes += text.n;
    phi_scan(t->phi, text, NULL, &hits);
    t->hits += hits.n > 0;
    for (size_t i = 0; i < hits.n; i++)
        cr_expect(false, "%s: looked like %s: %.*s", file, phi_name(hits.hit[i].type), (int)hits.hit[i].n,
                  text.p + hits.hit[i].at);
}

/* The strings between quotation marks of a source, those beside each other together. */
static void literals(struct tally *t, struct str source, const char *file)
{
    struct buf said CLEANUP(buf_free) = buf_make(1 << 16);
    bool within = false;
    for (size_t i = 0; i < source.n; i++) {
        char c = source.p[i];
        if (c == '"' && !(i > 0 && source.p[i - 1] == '\''))
            within = !within;
        else if (within && c == '\\')
            buf_add_z(&said, source.p[++i] == '"' ? "\"" : "\n");
        else if (within)
            buf_add(&said, &c, 1);
        else if (said.n > 0 && strchr(" \n\t", c) == NULL) {
            ordinary(t, buf_str(&said), file);
            buf_clear(&said);
        }
    }
}

static void lines(struct tally *t, struct str text, const char *file)
{
    while (text.n > 0) ordinary(t, str_next(&text, '\n'), file);
}

static void each_file(struct tally *t, const char *pattern,
                      void (*look)(struct tally *t, struct str text, const char *file))
{
    glob_t files;
    struct why why = { "" };
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", HIMAS_SOURCE_DIR, pattern);
    cr_assert_eq(glob(path, 0, NULL, &files), 0, "%s", path);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct buf text CLEANUP(buf_free) = buf_make(1 << 22);
        cr_assert_eq(file_read(files.gl_pathv[i], &text, &why), OK, "%s", why.text);
        look(t, buf_str(&text), files.gl_pathv[i]);
    }
    globfree(&files);
}

/* Every sentence the programs can say -- errors, help, log events -- and every page of what they print. */
Test(phi, ordinary_texts_of_ours_pass, .timeout = 60)
{
    static const char *const sources[] = { "agents/*/*.c",        "agents/*/*/*.c",     "cli/*.c",
                                           "common/base/*.[cd]*", "common/crypto/*.c",  "common/learn/*.c",
                                           "common/privacy/*.c",  "common/runtime/*.c", "common/runtime/xmpp/*.c",
                                           "common/wire/*.[ch]" };
    static const char *const pages[] = { "docs/COMMANDS.md", "docs/PROTOCOL.md", "docs/ERRORS.md",
                                         "docs/errors/*.md", "docs/*.txt",       "docs/himas.1" };
    struct tally t = { NULL, 0, 0, 0 };
    cr_assert_eq(phi_new(&t.phi), OK);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) each_file(&t, sources[i], literals);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) each_file(&t, pages[i], lines);
    (void)printf("# phi precision: %zu of %zu texts of ours were taken for a patient's, %zu bytes\n", t.hits, t.texts,
                 t.bytes);
    cr_expect(t.texts > 5000 && t.hits == 0);
    phi_free(t.phi);
}

/* ---- time ---- */

static double scan_s(struct phi *p, const char *seed, size_t n)
{
    struct buf text CLEANUP(buf_free) = buf_make(PHI_MAX_BYTES);
    struct phi_hits hits;
    struct timespec t[2];
    while (text.n < n) buf_add_z(&text, seed);
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[0]);
        phi_scan(p, buf_str(&text), NULL, &hits);
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[1]);
        double s = (double)(t[1].tv_sec - t[0].tv_sec) + 1e-9 * (double)(t[1].tv_nsec - t[0].tv_nsec);
        if (s < best) best = s;
    }
    return best;
}

/* Texts that make a matcher that goes back take quadratic time or worse: eight times the text, eight times the time; up
 * to twice that is allowed to the machine. */
Test(phi, time_is_linear_in_the_text, .timeout = 120)
{
    static const char *const seeds[] = {
        "a",
        "1",
        "1 ",
        "a@a.",
        "1-1-",
        "aaaaaaaaaaaaaaaaaaaaaaaa ",
        "12345678901234567 ",
        "Aa Aa ",
        "0:",
        "U1NO",
        "%31",
        "a,",
        "patient ",
        "the round ended; 3 of 5 hospitals joined. ",
    };
    struct phi *p = NULL;
    cr_assert_eq(phi_new(&p), OK);
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        (void)scan_s(p, seeds[i], 2000);
        double once = scan_s(p, seeds[i], 4000);
        double eight = scan_s(p, seeds[i], 32000);
        (void)printf("# phi time \"%s\": %.2f us a byte, %.1f times for 8 times the text\n", seeds[i],
                     eight / 32000 * 1e6, eight / once);
        cr_expect(eight < 16 * once, "%s: %g s, then %g s", seeds[i], once, eight);
    }
    phi_free(p);
}
