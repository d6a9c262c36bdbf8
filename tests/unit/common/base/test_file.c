#include "common/base/file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[64];
    char path[128];
};

static struct place place_make(void)
{
    struct place p = { .folder = "/tmp/himas-file-XXXXXX" };
    cr_assert_not_null(mkdtemp(p.folder));
    (void)snprintf(p.path, sizeof p.path, "%s/it", p.folder);
    return p;
}

static void place_remove(struct place *p)
{
    (void)unlink(p->path);
    (void)rmdir(p->folder);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mode & 0777u : 0;
}

Test(file, what_was_written_is_read)
{
    static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };
    struct place p CLEANUP(place_remove) = place_make();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf in CLEANUP(buf_free) = buf_make(1 << 20);
        struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
        uint8_t *fill = buf_grow(&in, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++) fill[k] = (uint8_t)(k * 31 >> 3);
        cr_assert_eq(file_write(p.path, buf_bytes(&in), 0600, NULL), OK, "%zu", sizes[i]);
        cr_assert_eq(file_read(p.path, &out, NULL), OK, "%zu", sizes[i]);
        cr_expect_eq(out.n, sizes[i]);
        cr_expect(sizes[i] == 0 || memcmp(in.p, out.p, out.n) == 0, "%zu", sizes[i]);
        cr_expect_eq(mode_of(p.path), 0600);
    }
    cr_expect_eq(rmdir(p.folder), -1, "the file is there, and nothing beside it");
    (void)unlink(p.path);
    cr_expect_eq(rmdir(p.folder), 0, "no temporary file stays");
}

Test(file, read_appends)
{
    struct place p CLEANUP(place_remove) = place_make();
    struct buf out CLEANUP(buf_free) = buf_make(100);
    buf_add_z(&out, "a");
    cr_assert_eq(file_write(p.path, bytes_of("bc", 2), 0600, NULL), OK);
    cr_assert_eq(file_read(p.path, &out, NULL), OK);
    cr_expect(str_is(buf_str(&out), "abc"));
}

Test(file, failures_name_the_path)
{
    struct place p CLEANUP(place_remove) = place_make();
    struct buf out CLEANUP(buf_free) = buf_make(2);
    struct why why = { "" };
    cr_expect_eq(file_read(p.path, &out, &why), ERR_IO);
    cr_expect_not_null(strstr(why.text, p.path), "%s", why.text);
    cr_expect_eq(file_read(p.folder, &out, &why), ERR_IO, "a folder");
    cr_expect_eq(file_write("/no/such/folder/it", bytes_of("x", 1), 0600, &why), ERR_IO);
    cr_expect_not_null(strstr(why.text, "/no/such/folder/it"), "%s", why.text);
    cr_assert_eq(file_write(p.path, bytes_of("abc", 3), 0600, NULL), OK);
    cr_expect_eq(file_read(p.path, &out, &why), ERR_LIMIT);
    cr_expect_not_null(strstr(why.text, "2 bytes"), "%s", why.text);
    cr_expect_eq(file_write(p.folder, bytes_of("x", 1), 0600, &why), ERR_IO, "over a folder");
}

Test(file, a_path_too_long_is_refused)
{
    char path[5000];
    struct why why = { "" };
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    cr_expect_eq(file_write(path, bytes_of("x", 1), 0600, &why), ERR_IO);
}
