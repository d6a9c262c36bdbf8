/*
 * criterion -- the part of Criterion's interface our tests use, without its
 * sandbox: every test runs in this process.
 *
 * For ThreadSanitizer only, in whose address space Criterion's sandbox finds
 * no place.  A test that fails an assertion or skips is left by longjmp, so
 * what it holds then is leaked.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct plain_test {
    const char *suite;
    const char *name;
    void (*body)(void);
    void (*init)(void);
    void (*fini)(void);
    double timeout; /* not watched */
    bool disabled;
    struct plain_test *next; /* set by plain_add */
};

enum plain_then { PLAIN_GO_ON, PLAIN_STOP };

/* Keeps t, which must live as long as the process. */
void plain_add(struct plain_test *t);

/* Counts a failure when ok is false; then goes on, or leaves the test. */
void plain_check(bool ok, enum plain_then then, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Leaves the test as skipped. */
void plain_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* clang-format off */
#define Test(suite_, name_, ...)                                                                                       \
    static void suite_##_##name_##_body(void);                                                                         \
    __attribute__((constructor)) static void suite_##_##name_##_add(void)                                              \
    {                                                                                                                  \
        static struct plain_test t = { #suite_, #name_, suite_##_##name_##_body __VA_OPT__(, ) __VA_ARGS__ };          \
        plain_add(&t);                                                                                                 \
    }                                                                                                                  \
    static void suite_##_##name_##_body(void)

#define cr_skip_test(...) plain_skip(" " __VA_ARGS__)
#define cr_skip(...) plain_skip(" " __VA_ARGS__)

#define plain_expect_(ok, ...) plain_check((ok), PLAIN_GO_ON, __FILE__, __LINE__, " " __VA_ARGS__)
#define plain_assert_(ok, ...) plain_check((ok), PLAIN_STOP, __FILE__, __LINE__, " " __VA_ARGS__)

#define cr_expect(ok, ...)             plain_expect_(ok, __VA_ARGS__)
#define cr_expect_not(ok, ...)         plain_expect_(!(ok), __VA_ARGS__)
#define cr_expect_eq(a, b, ...)        plain_expect_((a) == (b), __VA_ARGS__)
#define cr_expect_neq(a, b, ...)       plain_expect_((a) != (b), __VA_ARGS__)
#define cr_expect_lt(a, b, ...)        plain_expect_((a) < (b), __VA_ARGS__)
#define cr_expect_leq(a, b, ...)       plain_expect_((a) <= (b), __VA_ARGS__)
#define cr_expect_gt(a, b, ...)        plain_expect_((a) > (b), __VA_ARGS__)
#define cr_expect_geq(a, b, ...)       plain_expect_((a) >= (b), __VA_ARGS__)
#define cr_expect_null(p, ...)         plain_expect_((p) == NULL, __VA_ARGS__)
#define cr_expect_not_null(p, ...)     plain_expect_((p) != NULL, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)    plain_expect_(strcmp((a), (b)) == 0, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...)   plain_expect_(strcmp((a), (b)) != 0, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) plain_expect_(memcmp((a), (b), (n)) == 0, __VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...) plain_expect_((a) - (b) <= (e) && (b) - (a) <= (e), __VA_ARGS__)
#define cr_expect_fail(...)            plain_expect_(false, __VA_ARGS__)

#define cr_assert(ok, ...)             plain_assert_(ok, __VA_ARGS__)
#define cr_assert_not(ok, ...)         plain_assert_(!(ok), __VA_ARGS__)
#define cr_assert_eq(a, b, ...)        plain_assert_((a) == (b), __VA_ARGS__)
#define cr_assert_neq(a, b, ...)       plain_assert_((a) != (b), __VA_ARGS__)
#define cr_assert_lt(a, b, ...)        plain_assert_((a) < (b), __VA_ARGS__)
#define cr_assert_leq(a, b, ...)       plain_assert_((a) <= (b), __VA_ARGS__)
#define cr_assert_gt(a, b, ...)        plain_assert_((a) > (b), __VA_ARGS__)
#define cr_assert_geq(a, b, ...)       plain_assert_((a) >= (b), __VA_ARGS__)
#define cr_assert_null(p, ...)         plain_assert_((p) == NULL, __VA_ARGS__)
#define cr_assert_not_null(p, ...)     plain_assert_((p) != NULL, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)    plain_assert_(strcmp((a), (b)) == 0, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) plain_assert_(memcmp((a), (b), (n)) == 0, __VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...) plain_assert_((a) - (b) <= (e) && (b) - (a) <= (e), __VA_ARGS__)
#define cr_assert_fail(...)            plain_assert_(false, __VA_ARGS__)
/* clang-format on */
