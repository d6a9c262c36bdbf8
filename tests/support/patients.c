#include "tests/support/patients.h"
#include "common/crypto/encode.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 200 };

typedef void maker_fn(struct rng *r, char out[VALUE_BYTES]);

/* # a digit, $ a digit that is not 0, @ a letter, ! a number sign, ? an at sign, and the rest as it stands. */
static void fill(struct rng *r, const char *form, char out[VALUE_BYTES])
{
    size_t n = 0;
    for (; *form; form++) {
        char c = *form;
        if (c == '#') c = (char)('0' + rng_below(r, 10));
        if (c == '$') c = (char)('1' + rng_below(r, 9));
        if (c == '@') c = "ACDEFGHJKMNPQRTUVWXY"[rng_below(r, 20)];
        if (c == '!' || c == '?') c = c == '!' ? '#' : '@';
        out[n++] = c;
    }
    out[n] = '\0';
}

static const char *one_of(struct rng *r, const char *const *list)
{
    size_t n = 0;
    while (list[n]) n++;
    return list[rng_below(r, n)];
}

static void fill_one(struct rng *r, const char *const *forms, char out[VALUE_BYTES]) { fill(r, one_of(r, forms), out); }

/* Tries each digit at `at` until the rule holds: how a check digit is found without knowing how it is computed. */
static bool settle(char *z, size_t at, const char *signs, bool (*holds)(const char *z))
{
    for (; *signs; signs++) {
        z[at] = *signs;
        if (holds(z)) return true;
    }
    return false;
}

/* ---- rules of check digits, written in another way than the detectors' ---- */

static int luhn_sum(const char *z)
{
    static const int doubled[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
    int sum = 0;
    bool twice = false;
    for (size_t i = strlen(z); i-- > 0;) {
        if (z[i] < '0' || z[i] > '9') continue;
        sum += twice ? doubled[z[i] - '0'] : z[i] - '0';
        twice = !twice;
    }
    return sum;
}

static bool luhn_holds(const char *z) { return luhn_sum(z) % 10 == 0; }

static bool npi_holds(const char *z)
{
    char whole[32] = "80840";
    strcpy(whole + 5, z);
    return luhn_holds(whole);
}

static bool dea_holds(const char *z)
{
    const char *d = z + 2;
    int odd = d[0] + d[2] + d[4] - 3 * '0';
    int even = d[1] + d[3] + d[5] - 3 * '0';
    return (odd + even + even) % 10 == d[6] - '0';
}

static bool aba_holds(const char *z)
{
    int sum = 0;
    for (size_t i = 0; i < 9; i += 3) sum += 3 * (z[i] - '0') + 7 * (z[i + 1] - '0') + (z[i + 2] - '0');
    return sum % 10 == 0;
}

static bool gtin_holds(const char *z) /* (01) and 14 digits */
{
    int sum = 0;
    for (size_t i = 0; i < 14; i++) sum += (z[4 + i] - '0') * (i % 2 ? 1 : 3);
    return sum % 10 == 0;
}

static int vin_value(char c)
{
    static const char rows[] = "0 1AJ 2BKS 3CLT 4DMU 5ENV 6FW 7GPX 8HY 9RZ";
    int value = 0;
    for (const char *p = rows; *p; p++) {
        if (*p == c) return value;
        value += *p == ' ';
    }
    return -1;
}

static bool vin_holds(const char *z)
{
    int sum = 0;
    for (int i = 0; i < 17; i++) {
        int weight = i < 7 ? 8 - i : i == 7 ? 10 : i == 8 ? 0 : 18 - i;
        sum += weight * vin_value(z[i]);
    }
    int digit = sum % 11;
    return z[8] == (digit == 10 ? 'X' : (char)('0' + digit));
}

static int iban_rest(const char *z)
{
    int rest = 0;
    size_t n = strlen(z);
    for (size_t i = 0; i < n; i++) {
        char c = z[(i + 4) % n];
        int v = c <= '9' ? c - '0' : c - 'A' + 10;
        if (v > 9) rest = (rest * 10 + v / 10) % 97;
        rest = (rest * 10 + v % 10) % 97;
    }
    return rest;
}

/* ---- one maker a class ---- */

static void make_ssn(struct rng *r, char *out)
{
    static const char *const forms[] = { "ssn ###-##-####", "###-##-####", "SSN: #########", "### ## ####", NULL };
    do fill_one(r, forms, out);
    while (strstr(out, "000") || strstr(out, "666") || strstr(out, "00") || strpbrk(out, "0123456789")[0] == '9');
}

static void make_itin(struct rng *r, char *out)
{
    static const char *const forms[] = { "9##-7#-####", "ITIN 9##-8$-####", "9## 5# ####", "ITIN 9##6$####", NULL };
    do fill_one(r, forms, out);
    while (strstr(out, "66") || strstr(out, "67") || strstr(out, "68") || strstr(out, "69") || strstr(out, "-89-"));
}

static void make_mrn(struct rng *r, char *out)
{
    static const char *const forms[] = { "MRN: #######",
                                         "MRN ########",
                                         "medical record number A######",
                                         "chart no. ######",
                                         "patient ID: HC-######",
                                         "Medical Record !: ########",
                                         NULL };
    fill_one(r, forms, out);
}

static void make_mbi(struct rng *r, char *out)
{
    static const char *const forms[] = { "$@#$-@#$-@@##", "$@##@##@@##", "Medicare no $@@#-@@#-@@##", NULL };
    fill_one(r, forms, out);
}

static void make_plan(struct rng *r, char *out)
{
    static const char *const forms[] = { "member id: XYZ########", "policy number 8######",     "subscriber ! $#######",
                                         "group no. $#####",       "beneficiary ID: $########", NULL };
    fill_one(r, forms, out);
}

static void make_npi(struct rng *r, char *out)
{
    fill(r, "1#########", out);
    (void)settle(out, 9, "0123456789", npi_holds);
}

static void make_dea(struct rng *r, char *out)
{
    static const char *const forms[] = { "A@#######", "B@#######", "M@#######", "F9#######", NULL };
    fill_one(r, forms, out);
    (void)settle(out, 8, "0123456789", dea_holds);
}

static void make_card(struct rng *r, char *out)
{
    static const char *const forms[] = { "4### #### #### ####", "4###############", "51##-####-####-####",
                                         "34## ###### #####",   "6011############", NULL };
    fill_one(r, forms, out);
    (void)settle(out, strlen(out) - 1, "0123456789", luhn_holds);
}

static void make_iban(struct rng *r, char *out)
{
    static const char *const forms[] = { "DE00##################", "GB00WEST##############",
                                         "FR00##########@##########", NULL };
    char grouped[VALUE_BYTES];
    fill_one(r, forms, out);
    int check = 98 - iban_rest(out);
    out[2] = (char)('0' + check / 10);
    out[3] = (char)('0' + check % 10);
    if (rng_below(r, 2)) return;
    size_t n = 0;
    for (size_t i = 0; out[i]; i++) {
        if (i > 0 && i % 4 == 0) grouped[n++] = ' ';
        grouped[n++] = out[i];
    }
    grouped[n] = '\0';
    strcpy(out, grouped);
}

static void make_aba(struct rng *r, char *out)
{
    char digits[VALUE_BYTES];
    fill(r, "02#######", digits);
    (void)settle(digits, 8, "0123456789", aba_holds);
    strcpy(out, rng_below(r, 2) ? "routing number " : "ABA ");
    strcat(out, digits);
}

static void make_vin(struct rng *r, char *out)
{
    static const char *const forms[] = { "1HG@@8#63#A######", "WAU@@@##@#N######", "JT$B@##J#@#######", NULL };
    do fill_one(r, forms, out);
    while (strchr(out, 'Q') || !settle(out, 8, "0123456789X", vin_holds));
}

static void make_device(struct rng *r, char *out)
{
    static const char *const forms[] = { "(01)00############", "serial number PM-######", "pacemaker no. A#######",
                                         "IMEI 35#############", NULL };
    fill_one(r, forms, out);
    if (out[0] == '(') (void)settle(out, 17, "0123456789", gtin_holds);
    if (out[0] == 'I') (void)settle(out, strlen(out) - 1, "0123456789", luhn_holds);
}

static void make_account(struct rng *r, char *out)
{
    static const char *const forms[] = { "account no. ########", "acct ! $#######", "account number: $########",
                                         "a/c #########", NULL };
    fill_one(r, forms, out);
}

static void make_licence(struct rng *r, char *out)
{
    static const char *const forms[] = { "driver's license D#######", "license no. @######",
                                         "passport number $########", "medical licence: MD######", NULL };
    fill_one(r, forms, out);
}

static void make_plate(struct rng *r, char *out)
{
    static const char *const forms[] = { "license plate: $@@@###", "plate no. @@@ ####", "plate ! @@@-###", NULL };
    fill_one(r, forms, out);
}

static void make_phone(struct rng *r, char *out)
{
    static const char *const forms[] = { "(2$0) 55$-####",
                                         "3$2-55$-####",
                                         "+1 4$2 55$ ####",
                                         "2$0.55$.####",
                                         "phone 4$255$####",
                                         "call 55$-####",
                                         "fax: 6$0 55$ ####",
                                         "+44 20 7946 0###",
                                         "+49 30 9018####",
                                         "555-0### on his cell phone",
                                         NULL };
    do fill_one(r, forms, out);
    while (strstr(out, "11"));
}

static void make_email(struct rng *r, char *out)
{
    static const char *const forms[] = { "j.doe##?gmail.com",      "mary_smith#?mail.hospital.org",
                                         "patient$##?yahoo.co.uk", "kim at outlook dot com",
                                         "lee$?clinic.health",     NULL };
    fill_one(r, forms, out);
}

static void make_url(struct rng *r, char *out)
{
    static const char *const forms[] = { "https://portal.clinic.org/patients/####", "http://facebook.com/some.body$$",
                                         "www.myblog$$.net", NULL };
    fill_one(r, forms, out);
}

static void make_ip(struct rng *r, char *out)
{
    static const char *const forms[] = { "10.$#.$.$#", "192.168.$.1##", "fe80::$a##:$#ff:fe##:$#", "2001:db9:$::$#",
                                         NULL };
    fill_one(r, forms, out);
}

static void make_mac(struct rng *r, char *out)
{
    static const char *const forms[] = { "00:1b:$#:1a:##:b$", "AC-DE-$#-00-##-$F", NULL };
    fill_one(r, forms, out);
}

static void make_date(struct rng *r, char *out)
{
    static const char *const forms[] = {
        "0$/1#/19$#",       "1/$/195#",     "$/2$/196#",      "2$.0$.194#",     "19$#-0$-1#", "1#-0$-196#",
        "March $, 19$#",    "1# Jan 20##",  "the 3rd of May", "Dec 2$",         "2# August",  "may 1#, 194#",
        "born on 19$#0$1#", "October 19$#", "12/2$/9$",       "Sept. 1#, 20##", NULL
    };
    fill_one(r, forms, out);
}

static void make_age(struct rng *r, char *out)
{
    static const char *const forms[] = {
        "9# y/o", "aged 10#", "9#-year-old", "9# years old", "age: 9#", "9# yo", NULL
    };
    fill_one(r, forms, out);
}

static void make_zip(struct rng *r, char *out)
{
    static const char *const forms[] = {
        "IL 6$###", "CA 9####-####", "zip code $####", "NY, 1####", "ZIP: 0$###", NULL
    };
    fill_one(r, forms, out);
}

static void make_address(struct rng *r, char *out)
{
    static const char *const forms[] = { "$# Elm Street",        "$## North Oak Ave",
                                         "$### W. Main St.",     "P.O. Box $##",
                                         "$# old mill road",     "$## Martin Luther King Blvd",
                                         "lives in Springfield", "Hennepin County",
                                         "$# Bergen Ct",         NULL };
    fill_one(r, forms, out);
}

/* Some of these are in no list of the detector's: titles and cues must find them. */
static void make_name(struct rng *r, char *out)
{
    static const char *const given[] = { "John",    "Mary",    "Aisha",   "Wolfgang", "Xiomara", "Bob",
                                         "Linda",   "Siobhan", "Carlos",  "Emily",    "Jose",    "Priya",
                                         "Tadeusz", "Grace",   "William", NULL };
    static const char *const family[] = { "Smith",     "Okonkwo", "Garcia",  "O'Brien",         "Nguyen",
                                          "Szymanski", "Lee",     "Johnson", "Papadopoulos",    "Brown",
                                          "Van Buren", "Miller",  "Kim",     "Abernathy-Jones", NULL };
    static const char *const known_given[] = { "John", "Mary", "Linda", "Emily", "William", "Jose", "Carlos", NULL };
    static const char *const known_family[] = { "Smith",  "Garcia", "Nguyen", "Johnson",
                                                "Miller", "Murphy", "Patel",  NULL };
    static const char *const before[] = { "Dr. ",         "Mrs. ",  "patient ", "seen by ", "Patient: ",
                                          "her husband ", "name: ", "Mr ",      NULL };
    bool cue = rng_below(r, 10) < 6;
    const char *first = one_of(r, cue ? given : known_given);
    const char *last = one_of(r, cue ? family : known_family);
    bool turned = !cue && rng_below(r, 3) == 0;
    out[0] = '\0';
    if (cue) strcat(out, one_of(r, before));
    strcat(out, turned ? last : first);
    strcat(out, turned ? ", " : rng_below(r, 4) ? " " : " J. ");
    strcat(out, turned ? first : last);
}

static void make_biometric(struct rng *r, char *out)
{
    static const char *const heads[] = { "\xff\xd8\xff\xe0JFIF", "\x89PNG\r\n\x1a\n", "GIF89a..", "FMR\0 20\0\0",
                                         NULL };
    struct buf code = buf_make(VALUE_BYTES);
    uint8_t image[60];
    memcpy(image, one_of(r, heads), 8);
    for (size_t i = 8; i < sizeof image; i++) image[i] = (uint8_t)rng_u64(r);
    if (base64_encode(bytes_of(image, sizeof image), &code) != OK) abort();
    strcpy(out, rng_below(r, 2) ? "data:image/png;base64," : "");
    strcat(out, (const char *)code.p);
    buf_free(&code);
}

static void make_record(struct rng *r, char *out)
{
    static const char *const forms[] = { "PID|1||$####^^^MRN||DOE^JANE",
                                         "NM1*IL*1*DOE*JANE****MI*$####",
                                         "{\"resourceType\": \"Patient\", \"id\": \"$##\"}",
                                         "(0010,0020) LO [$###]",
                                         "first_name,last_name,dob,ssn",
                                         "MSH|^~\\&|ADT1|MCM",
                                         NULL };
    fill_one(r, forms, out);
}

static const struct {
    enum phi_type type;
    maker_fn *make;
    bool checksum;
} makers[] = {
    { PHI_NAME, make_name, false },       { PHI_ADDRESS, make_address, false },
    { PHI_ZIP, make_zip, false },         { PHI_DATE, make_date, false },
    { PHI_AGE, make_age, false },         { PHI_PHONE, make_phone, false },
    { PHI_EMAIL, make_email, false },     { PHI_SSN, make_ssn, false },
    { PHI_ITIN, make_itin, false },       { PHI_MRN, make_mrn, false },
    { PHI_MBI, make_mbi, false },         { PHI_PLAN, make_plan, false },
    { PHI_NPI, make_npi, true },          { PHI_DEA, make_dea, true },
    { PHI_ACCOUNT, make_account, false }, { PHI_CARD, make_card, true },
    { PHI_IBAN, make_iban, true },        { PHI_ABA, make_aba, true },
    { PHI_LICENCE, make_licence, false }, { PHI_VIN, make_vin, true },
    { PHI_PLATE, make_plate, false },     { PHI_DEVICE, make_device, true },
    { PHI_URL, make_url, false },         { PHI_IP, make_ip, false },
    { PHI_MAC, make_mac, false },         { PHI_BIOMETRIC, make_biometric, false },
    { PHI_RECORD, make_record, false },
};
enum { MAKERS = sizeof makers / sizeof makers[0] };

bool patients_checksummed(enum phi_type type)
{
    for (size_t i = 0; i < MAKERS; i++)
        if (makers[i].type == type) return makers[i].checksum;
    return false;
}

/* ---- wrapping ---- */

static void add_code(struct buf *out, uint32_t c)
{
    uint8_t two[2] = { (uint8_t)(0xc0 | c >> 6), (uint8_t)(0x80 | (c & 0x3f)) };
    uint8_t three[3] = { (uint8_t)(0xe0 | c >> 12), (uint8_t)(0x80 | (c >> 6 & 0x3f)), (uint8_t)(0x80 | (c & 0x3f)) };
    buf_add(out, c < 0x800 ? two : three, c < 0x800 ? 2 : 3);
}

static uint32_t alike(char c)
{
    static const char latin[] = "aeopcyxsijABEKMHOPCTX";
    static const uint16_t cyrillic[] = { 0x430, 0x435, 0x43e, 0x440, 0x441, 0x443, 0x445, 0x455, 0x456, 0x458, 0x410,
                                         0x412, 0x415, 0x41a, 0x41c, 0x41d, 0x41e, 0x420, 0x421, 0x422, 0x425 };
    const char *at = strchr(latin, c);
    return at && c ? cyrillic[at - latin] : 0;
}

static void wrap_sign(struct buf *out, char c, enum patients_wrap wrap, size_t i)
{
    bool digit = c >= '0' && c <= '9';
    if (wrap == PATIENTS_WIDE && c > ' ')
        add_code(out, 0xff01 + (uint32_t)(c - '!'));
    else if (wrap == PATIENTS_ARABIC && digit)
        add_code(out, 0x660 + (uint32_t)(c - '0'));
    else if (wrap == PATIENTS_ALIKE && alike(c))
        add_code(out, alike(c));
    else if (wrap == PATIENTS_PERCENT && (digit || c == '-'))
        buf_addf(out, "%%%02X", (unsigned)c);
    else if (wrap == PATIENTS_JSON && (digit || c == '@'))
        buf_addf(out, "\\u%04x", (unsigned)c);
    else
        buf_add(out, &c, 1);
    if (wrap == PATIENTS_INVISIBLE && i % 2) add_code(out, 0x200b);
}

static void wrap_whole(struct buf *out, const char *z, enum patients_wrap wrap)
{
    char hex[4 * VALUE_BYTES];
    if (wrap == PATIENTS_BASE64) {
        if (base64_encode(str_bytes(str_of(z)), out) != OK) abort();
    } else {
        hex_encode(str_bytes(str_of(z)), hex);
        buf_add_z(out, hex);
    }
}

void patients_say(struct rng *r, enum phi_type type, enum patients_wrap wrap, struct buf *text)
{
    static const char *const before[] = { "",          "row 17: ", "note says ", "value was ", "could not read ",
                                          "we found ", NULL };
    static const char *const after[] = { "", " in the file", ", please check", " is not a number", " (line 3)", NULL };
    char value[VALUE_BYTES] = "";
    char z[2 * VALUE_BYTES];
    for (size_t i = 0; i < MAKERS; i++)
        if (makers[i].type == type) makers[i].make(r, value);
    bool line = type == PHI_RECORD; /* headers stand alone in their line */
    (void)snprintf(z, sizeof z, "%s%s%s", line ? "" : one_of(r, before), value, line ? "" : one_of(r, after));
    buf_clear(text);
    if (wrap == PATIENTS_BASE64 || wrap == PATIENTS_HEX) {
        wrap_whole(text, z, wrap);
        return;
    }
    for (size_t i = 0; z[i]; i++) wrap_sign(text, z[i], wrap, i);
}
