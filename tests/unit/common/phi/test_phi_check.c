#include "common/phi/phi_check.h"
#include <criterion/criterion.h>

/* Published samples: the agencies' own examples of each number, and the same with a digit changed. */
static const struct {
    phi_check_fn *check;
    const char *text;
    bool holds;
} rows[] = {
    { phi_is_ssn, "123-45-6789", true },
    { phi_is_ssn, "000-45-6789", false },
    { phi_is_ssn, "666-45-6789", false },
    { phi_is_ssn, "900-45-6789", false },
    { phi_is_ssn, "123-00-6789", false },
    { phi_is_ssn, "123-45-0000", false },
    { phi_is_ssn, "078-05-1120", false },
    { phi_is_ssn, "219-09-9999", false },
    { phi_is_itin, "912-70-1234", true },
    { phi_is_itin, "912-50-1234", true },
    { phi_is_itin, "912-66-1234", false },
    { phi_is_itin, "912-89-1234", false },
    { phi_is_itin, "912-93-1234", false },
    { phi_is_itin, "812-70-1234", false },
    { phi_is_mbi, "1EG4-TE5-MK73", true }, /* CMS's own example */
    { phi_is_mbi, "1EG4TE5MK73", true },
    { phi_is_mbi, "1SG4-TE5-MK73", false },
    { phi_is_mbi, "0EG4-TE5-MK73", false },
    { phi_is_mbi, "1EG4-TE5-M573", false },
    { phi_is_npi, "1234567893", true }, /* CMS, NPI check digit calculation */
    { phi_is_npi, "1234567894", false },
    { phi_is_npi, "3234567893", false },
    { phi_is_dea, "AB1234563", true },
    { phi_is_dea, "A91234563", true },
    { phi_is_dea, "AB1234564", false },
    { phi_is_card, "4111 1111 1111 1111", true },
    { phi_is_card, "378282246310005", true },
    { phi_is_card, "5555-5555-5555-4444", true },
    { phi_is_card, "4111 1111 1111 1112", false },
    { phi_is_card, "1111 1111 1111 1117", false },
    { phi_is_card, "0000000000000000", false },
    { phi_is_iban, "GB82 WEST 1234 5698 7654 32", true }, /* ISO 13616's registry */
    { phi_is_iban, "DE89370400440532013000", true },
    { phi_is_iban, "DE88370400440532013000", false },
    { phi_is_iban, "DE89", false },
    { phi_is_aba, "021000021", true },
    { phi_is_aba, "021000022", false },
    { phi_is_aba, "991000029", false },
    { phi_is_vin, "1HGCM82633A004352", true },
    { phi_is_vin, "1M8GDM9AXKP042788", true }, /* 49 CFR 565's own example */
    { phi_is_vin, "1M8GDM9A1KP042788", false },
    { phi_is_vin, "11111111111111111", false }, /* holds, but is no vehicle's */
    { phi_is_gtin, "(01)00643169007222", true },
    { phi_is_gtin, "(01)00643169007223", false },
    { phi_is_imei, "490154203237518", true },
    { phi_is_imei, "490154203237519", false },
    { phi_has_5, "MRN: 12345", true },
    { phi_has_5, "MRN 12345 A123", false },
    { phi_has_4, "license 1234", true },
    { phi_has_3, "(21)abc", false },
    { phi_has_digit, "plate ABC 1", true },
    { phi_has_digit, "plate ABC", false },
};

Test(phi_check, published_samples)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(rows[i].check(str_of(rows[i].text)), rows[i].holds, "row %zu: %s", i, rows[i].text);
}

static phi_check_fn *const all[] = {
    phi_is_ssn, phi_is_itin, phi_is_mbi,  phi_is_npi, phi_is_dea, phi_is_card, phi_is_iban,   phi_is_aba,
    phi_is_vin, phi_is_gtin, phi_is_imei, phi_has_3,  phi_has_4,  phi_has_5,   phi_has_digit,
};

/* A detector with a check digit catches every single wrong digit, whatever the number. */
Test(phi_check, one_wrong_digit_is_seen)
{
    static const struct {
        phi_check_fn *check;
        const char *text;
    } good[] = {
        { phi_is_npi, "1234567893" }, { phi_is_card, "4111111111111111" }, { phi_is_iban, "DE89370400440532013000" },
        { phi_is_aba, "021000021" },  { phi_is_gtin, "0100643169007222" }, { phi_is_imei, "490154203237518" }
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char z[40];
        cr_assert_eq(str_copy(str_of(good[i].text), z, sizeof z), OK);
        size_t from = good[i].check == phi_is_gtin ? 2 : good[i].check == phi_is_iban ? 4 : 0;
        for (size_t k = from; z[k]; k++)
            for (char c = '0'; c <= '9'; c++) {
                if (c == good[i].text[k]) continue;
                z[k] = c;
                cr_expect_not(good[i].check(str_of(z)), "%s", z);
                z[k] = good[i].text[k];
            }
    }
}

Test(phi_check, nothing_is_nothing)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cr_expect_not(all[i](STR("")), "%zu", i);
        cr_expect_not(all[i](STR("----")), "%zu", i);
    }
}
