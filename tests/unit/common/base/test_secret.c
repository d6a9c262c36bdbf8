#include "common/base/file.h"
#include "common/base/secret.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(secret, wipe)
{
    uint8_t key[32];
    memset(key, 0xaa, sizeof key);
    secret_wipe(key, sizeof key);
    for (size_t i = 0; i < sizeof key; i++) cr_expect_eq(key[i], 0, "byte %zu", i);
    secret_wipe(NULL, 10);
    secret_wipe(key, 0);
    secret_buf_free(NULL);
}

Test(secret, buf_is_empty_after_free)
{
    struct buf b = buf_make(100);
    buf_add_z(&b, "hunter2");
    secret_buf_free(&b);
    cr_expect_null(b.p);
    cr_expect_eq(b.n, 0);
    secret_buf_free(&b);
}

Test(secret, differs)
{
    static const struct {
        const char *a, *b;
        size_t n;
        bool differ;
    } rows[] = {
        { "abc", "abc", 3, false }, { "abc", "abd", 3, true }, { "Abc", "abc", 3, true },
        { "abc", "abd", 2, false }, { "a", "b", 0, false },    { "\x00", "\x80", 1, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(secret_differs(rows[i].a, rows[i].b, rows[i].n) != 0, rows[i].differ, "row %zu", i);
}

Test(secret, file_of_its_owner_only)
{
    static const struct {
        const char *name, *content;
        unsigned mode;
        enum err expected;
        const char *secret;
    } rows[] = {
        { "owner reads", "s3cret\n", 0400, OK, "s3cret" },
        { "owner writes", "s3cret", 0600, OK, "s3cret" },
        { "line ends of any kind", "s3cret\r\n\r\n", 0600, OK, "s3cret" },
        { "inner newline stays", "a\nb\n", 0600, OK, "a\nb" },
        { "empty", "", 0600, OK, "" },
        { "group reads", "s3cret", 0640, ERR_SETTING, "" },
        { "world reads", "s3cret", 0604, ERR_SETTING, "" },
        { "world writes", "s3cret", 0602, ERR_SETTING, "" },
        { "too long", "0123456789abcdef0", 0600, ERR_LIMIT, "" },
    };
    char path[] = "/tmp/himas-secret-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    (void)close(fd);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out CLEANUP(secret_buf_free) = buf_make(100);
        struct why why = { "" };
        (void)unlink(path);
        cr_assert_eq(file_write(path, str_bytes(str_of(rows[i].content)), 0600, NULL), OK);
        cr_assert_eq(chmod(path, rows[i].mode), 0);
        cr_expect_eq(secret_read_file(path, 16, &out, &why), rows[i].expected, "%s: %s", rows[i].name, why.text);
        cr_expect(str_is(buf_str(&out), rows[i].secret), "%s", rows[i].name);
        bool remedy = strstr(why.text, "chmod 600") != NULL;
        cr_expect_eq(remedy, rows[i].expected == ERR_SETTING, "%s: %s", rows[i].name, why.text);
        cr_expect_null(strstr(why.text, "s3cret"), "%s: the secret is not told", rows[i].name);
    }
    (void)unlink(path);
}

Test(secret, missing_file)
{
    struct buf out CLEANUP(secret_buf_free) = buf_make(100);
    struct why why = { "" };
    cr_expect_eq(secret_read_file("/no/such/secret", 16, &out, &why), ERR_IO);
    cr_expect_not_null(strstr(why.text, "/no/such/secret"), "%s", why.text);
}
