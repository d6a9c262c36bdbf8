#include "common/runtime/keys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(keys, made_once_and_shown)
{
    struct keys_halves first = { "", "", "" };
    struct keys_halves again = { "", "", "" };
    char path[100];
    struct stat st;
    struct why why = { "" };
    char folder[] = "/tmp/himas-keys-XXXXXX";
    cr_assert(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/identity.key", folder);
    cr_expect_neq(keys_public(path, &first, &why), OK, "there is none yet");
    cr_assert_eq(keys_make(path, &why), OK, "%s", why.text);
    cr_expect(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    cr_assert_eq(keys_public(path, &first, &why), OK, "%s", why.text);
    cr_expect(strlen(first.key) == 64 && strspn(first.key, "0123456789abcdef") == 64);
    cr_expect(strlen(first.sign) == 64 && strspn(first.sign, "0123456789abcdef") == 64);
    cr_expect_str_neq(first.key, first.sign);
    cr_expect_eq(strlen(first.fingerprint), 39);
    cr_expect_eq(keys_make(path, &why), ERR_STATE, "a key is never overwritten");
    cr_assert_eq(keys_public(path, &again, &why), OK);
    cr_expect_str_eq(first.key, again.key);
    cr_expect_str_eq(first.sign, again.sign);
    (void)unlink(path);
    (void)rmdir(folder);
}

Test(keys, replaced_and_the_one_before_is_kept)
{
    struct keys_halves first = { "", "", "" };
    struct keys_halves now = { "", "", "" };
    struct keys_halves before = { "", "", "" };
    char path[100];
    char previous[KEYS_PATH_BYTES];
    struct why why = { "" };
    char folder[] = "/tmp/himas-keys-XXXXXX";
    cr_assert(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/identity.key", folder);
    cr_assert_eq(keys_previous(path, previous), OK);
    cr_expect_neq(keys_rotate(path, &why), OK, "there is none yet");
    cr_assert(keys_make(path, &why) == OK && keys_public(path, &first, &why) == OK);
    cr_assert_eq(keys_rotate(path, &why), OK, "%s", why.text);
    cr_assert(keys_public(path, &now, &why) == OK && keys_public(previous, &before, &why) == OK);
    cr_expect(strcmp(first.key, before.key) == 0 && strcmp(now.key, before.key) != 0);
    cr_expect_eq(keys_rotate(path, &why), ERR_STATE, "nothing is sealed to a key that is gone");
    cr_expect(strstr(why.text, previous), "%s", why.text);
    cr_expect(keys_public(path, &before, &why) == OK && strcmp(now.key, before.key) == 0);
    (void)unlink(path);
    (void)unlink(previous);
    (void)rmdir(folder);
}
