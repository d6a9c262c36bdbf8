#include "cli/home.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(home, paths)
{
    struct home h = { .root = "/srv/himas" };
    cr_expect_str_eq(home_at(&h, "agents/%s/config.yaml", "a").text, "/srv/himas/agents/a/config.yaml");
    static const struct {
        const char *folder, *path, *expected;
    } rows[] = {
        { NULL, "/x/y", "/x/y" },
        { "/etc", "y", "/etc/y" },
        { "/etc", "/y", "/y" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[HOME_PATH_BYTES];
        cr_assert_eq(home_absolute(rows[i].folder, rows[i].path, out, sizeof out, NULL), OK);
        cr_expect_str_eq(out, rows[i].expected);
    }
    char small[4];
    cr_expect_eq(home_absolute("/etc", "passwd", small, sizeof small, NULL), ERR_INPUT);
}

Test(home, folder_of)
{
    static const struct {
        const char *path, *expected;
    } rows[] = { { "/a/b.yaml", "/a" }, { "b.yaml", "." }, { "x/y/z", "x/y" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        cr_expect_str_eq(home_folder_of(rows[i].path, out, sizeof out), rows[i].expected);
    }
}

Test(home, opens_and_needs)
{
    struct home h;
    struct stat st;
    struct why why = { "" };
    char folder[] = "/tmp/himas-home-XXXXXX";
    cr_assert(mkdtemp(folder));
    cr_assert_eq(home_open(folder, &h, NULL), OK);
    cr_expect(!home_exists(&h));
    cr_expect_eq(home_need(&h, &why), ERR_ABSENT);
    cr_expect(strstr(why.text, "himas up") != NULL);
    cr_expect_eq(home_may_become(&h, NULL), OK, "an empty one");
    FILE *other = fopen(home_at(&h, "thesis.tex").text, "w");
    cr_assert(other && fclose(other) == 0);
    cr_expect(home_may_become(&h, &why) == ERR_INPUT && strstr(why.text, "thesis.tex") && strstr(why.text, "--data"));
    (void)unlink(home_at(&h, "thesis.tex").text);
    struct home none;
    cr_expect(home_open("/tmp/himas-none/none", &none, NULL) == OK && home_may_become(&none, NULL) == OK, "a new one");
    cr_assert_eq(home_folder(home_at(&h, "agents").text, NULL), OK);
    cr_expect_eq(home_may_become(&h, NULL), OK, "one that was begun");
    (void)rmdir(home_at(&h, "agents").text);
    struct path deep = home_at(&h, "a/b/c");
    cr_assert_eq(home_folder(deep.text, NULL), OK);
    cr_assert_eq(home_folder(deep.text, NULL), OK, "twice is fine");
    cr_expect(stat(deep.text, &st) == 0 && (st.st_mode & 0777) == 0700);
    FILE *f = fopen(home_at(&h, "federation.yaml").text, "w");
    cr_assert(f && fclose(f) == 0);
    cr_expect(home_exists(&h) && home_need(&h, NULL) == OK);
    cr_expect_eq(home_folder(home_at(&h, "federation.yaml/x").text, &why), ERR_IO);
    (void)unlink(home_at(&h, "federation.yaml").text);
    (void)rmdir(deep.text);
    (void)rmdir(home_at(&h, "a/b").text);
    (void)rmdir(home_at(&h, "a").text);
    (void)rmdir(folder);
}

Test(home, room)
{
    double bytes = -1;
    struct why why = { "" };
    cr_expect_eq(home_room("/tmp", &bytes, NULL), OK);
    cr_expect(bytes > 0);
    cr_expect_eq(home_room("/proc", &bytes, NULL), OK, "a file system that counts no blocks");
    cr_expect(isinf(bytes));
    cr_expect_eq(home_room("/nowhere/at/all", &bytes, &why), ERR_IO);
    cr_expect(strstr(why.text, "/nowhere/at/all"), "%s", why.text);
}
