#include "common/runtime/xmpp/curl_door.h"
#include <criterion/criterion.h>

Test(curl_door, opens_twice_and_works)
{
    struct curl_door a = { 0 };
    struct curl_door b = { 0 };
    cr_assert_eq(curl_door_open(&a), OK);
    cr_assert_eq(curl_door_open(&b), OK);
    curl_door_close(&a);
    CURL *easy = b.easy_init();
    cr_assert(easy != NULL);
    cr_expect_eq(b.easy_setopt(easy, CURLOPT_URL, "https://127.0.0.1/"), CURLE_OK);
    cr_expect_neq(b.easy_setopt(easy, CURLOPT_PORT, -1L), CURLE_OK);
    b.easy_cleanup(easy);
    curl_door_close(&b);
}

Test(curl_door, closing_what_was_not_opened)
{
    struct curl_door d = { 0 };
    curl_door_close(&d);
    cr_expect(d.library == NULL);
}
