#include "common/runtime/xmpp/curl_door.h"
#include <criterion/criterion.h>

Test(curl_door, opens_twice_and_works)
{
    struct curl_door a = { 0 };
    struct curl_door b = { 0 };
    cr_assert_eq(curl_door_open(CURL_DOOR_FILE, &a), OK);
    cr_assert_eq(curl_door_open(CURL_DOOR_FILE, &b), OK);
    curl_door_close(&a);
    CURL *easy = b.easy_init();
    cr_assert(easy != NULL);
    cr_expect_eq(b.easy_setopt(easy, CURLOPT_URL, "https://127.0.0.1/"), CURLE_OK);
    cr_expect_neq(b.easy_setopt(easy, CURLOPT_PORT, -1L), CURLE_OK);
    b.easy_cleanup(easy);
    curl_door_close(&b);
}

Test(curl_door, no_such_library)
{
    static const char *const files[] = { "libhimas-nothing.so.4", "libm.so.6" /* there, and has no such functions */ };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct curl_door d = { 0 };
        cr_expect_eq(curl_door_open(files[i], &d), ERR_LIBRARY, "%s", files[i]);
        cr_expect(d.library == NULL, "%s", files[i]);
    }
}

Test(curl_door, closing_what_was_not_opened)
{
    struct curl_door d = { 0 };
    curl_door_close(&d);
    cr_expect(d.library == NULL);
}
