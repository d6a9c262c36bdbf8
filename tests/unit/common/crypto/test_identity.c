#include "common/base/file.h"
#include "common/crypto/encode.h"
#include "common/crypto/identity.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE "root:x:0:0:root:/root:/bin/bash and more words\n"
#define LONG_TEXT LINE LINE LINE LINE

enum { PATH = 64 };

static void make_folder(char folder[PATH], char path[PATH])
{
    (void)snprintf(folder, PATH, "/tmp/himas-identity-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, PATH, "%.40s/key", folder);
}

static void remove_folder(const char *folder, const char *path)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

Test(identity, file_keeps_it_to_its_owner)
{
    char folder[PATH], path[PATH];
    struct stat st;
    struct identity a, b;
    struct rng r = rng_make(1);
    make_folder(folder, path);
    cr_assert_eq(identity_generate(dice_random, &r, &a), OK);
    cr_assert_eq(identity_write(&a, path, NULL), OK);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(identity_read(path, &b, NULL), OK);
    cr_expect_arr_eq(&a, &b, sizeof a);
    remove_folder(folder, path);
}

Test(identity, bad_files_are_refused)
{
    static const struct {
        const char *name, *text;
        unsigned mode;
        enum err expected;
        const char *said;
    } rows[] = {
        { "readable by others", "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a\n", 0644, ERR_SETTING,
          "chmod 600" },
        { "too short", "77076d0a\n", 0600, ERR_SETTING, "is no key" },
        { "not hex", "x7076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a\n", 0600, ERR_SETTING,
          "is no key" },
        { "empty", "", 0600, ERR_SETTING, "is no key" },
        { "another file, readable by others", "hello\n", 0644, ERR_SETTING, "is no key" },
        { "a long file, readable by others", LONG_TEXT, 0644, ERR_SETTING, "is no key" },
        { "a long file", LONG_TEXT, 0600, ERR_SETTING, "is no key" },
        { "no newline is fine", "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", 0600, OK, "" },
    };
    char folder[PATH], path[PATH];
    make_folder(folder, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct identity id;
        struct why why = { "" };
        cr_assert_eq(file_write(path, str_bytes(str_of(rows[i].text)), rows[i].mode, NULL), OK);
        cr_assert_eq(chmod(path, rows[i].mode), 0);
        cr_expect_eq(identity_read(path, &id, &why), rows[i].expected, "%s", rows[i].name);
        cr_expect(strstr(why.text, rows[i].said) != NULL, "%s: %s", rows[i].name, why.text);
        cr_expect_null(strstr(why.text, "7318a57d"), "%s: the sentence tells the key", rows[i].name);
    }
    remove_folder(folder, path);
}

Test(identity, no_randomness_no_key)
{
    struct identity id = { { 5 }, { 6 } };
    cr_expect_eq(identity_generate(dice_broken, NULL, &id), ERR_IO);
    cr_expect(id.secret[0] == 5 && id.public_key[0] == 6);
    identity_wipe(NULL);
    identity_wipe(&id);
    cr_expect(id.secret[0] == 0);
}

/* RFC 7748 6.1's secret; the signing half as pyca/cryptography's HKDF and Ed25519 make it. */
Test(identity, one_secret_makes_both_pairs)
{
    static const char secret_hex[] = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    uint8_t secret[X25519_BYTES];
    char hex[2 * ED25519_KEY_BYTES + 1];
    struct identity id;
    cr_assert_eq(hex_decode(str_of(secret_hex), secret, sizeof secret), OK);
    cr_assert_eq(identity_from_secret(secret, &id), OK);
    hex_encode(bytes_of(id.sign.public_key, sizeof id.sign.public_key), hex);
    cr_expect_str_eq(hex, "d5708baa2a369b5d479ade9f191142f20658dee8fc9e7f98570f057cbcc31384");
    hex_encode(bytes_of(id.public_key, sizeof id.public_key), hex);
    cr_expect_str_eq(hex, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}
