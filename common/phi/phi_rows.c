/* What is looked for: 45 CFR 164.514(b)(2)(i), its classes as patterns; the checks are in phi_check.h. */
#include "common/phi/phi_rows.h"
#include "common/phi/phi_names.h"

#define NO "(?: ?(?:number|numbers|no\\.?|num|nr|id|#))?"
#define IS "(?: is)?[ .:#=]{1,3}"
#define MONTH                                                                                                          \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"        \
    "nov(?:ember)?|dec(?:ember)?)"
#define DAY "[0-3]?[0-9](?:st|nd|rd|th)?"
#define YEAR "(?:1[89]|20)[0-9]{2}"
#define NAME1 "[A-Z][A-Za-z'-]{1,24}"
#define LIFE                                                                                                           \
    "dob|born|birth|birthday|admitted|admission|discharged|discharge|died|death|deceased|visit|seen|encounter|"        \
    "surgery|"                                                                                                         \
    "appointment|diagnosed|scan|biopsy|patient"
#define CALLS "phone|tel|telephone|fax|call|called|cell|mobile|pager|reach|contact|dial"

/* clang-format off */
const struct phi_row phi_rows[] = {
    /* type       need  flags      pattern, check, score alone, score near a word, words */
    { PHI_SSN,     '9', 0, "(?<![0-9])[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}(?![0-9])", phi_is_ssn, .9, 1, "ssn|social security" },
    { PHI_SSN,     '9', 0, "(?<![0-9])[0-9](?:[- .]?[0-9]){8}(?![0-9])", phi_is_ssn, 0, .9, "ssn|social security|soc sec|social" },
    { PHI_SSN,     '9', 0, "\\bssn[0-9]{9}(?![0-9])", phi_is_ssn, .9, .9, NULL },
    { PHI_ITIN,    '9', 0, "\\b9[0-9]{2}[- .][0-9]{2}[- .][0-9]{4}\\b", phi_is_itin, .9, 1, "itin|taxpayer" },
    { PHI_ITIN,    '9', 0, "\\b9[0-9]{8}\\b", phi_is_itin, 0, .9, "itin|taxpayer|tax id" },
    { PHI_MRN,     '9', 0, "\\b(?:mrn|med(?:ical|\\.)? rec(?:ord|\\.)?|chart|patient id(?:entifier)?|patient|pat\\.? ?id|hospital|record|accession)"
                           NO IS "[a-z]{0,4}-?[0-9][a-z0-9-]{4,12}\\b", phi_has_5, .9, .9, NULL },
    { PHI_MRN,     '9', 0, "\\bmrn" NO IS "[0-9](?:[ .-]?[0-9]){4,11}\\b", NULL, .9, .9, NULL },
    { PHI_MBI,     '9', 0, "\\b[1-9][a-z][a-z0-9][0-9][- ]?[a-z][a-z0-9][0-9][- ]?[a-z]{2}[0-9]{2}\\b", phi_is_mbi, .9, 1, "medicare|mbi" },
    { PHI_PLAN,    '9', 0, "\\b(?:member|policy|subscriber|beneficiary|insurance|health ?plan|medicaid|payer|group)"
                           NO IS "[a-z]{0,4}-?[0-9][a-z0-9-]{4,16}\\b", phi_has_5, .8, .8, NULL },
    { PHI_NPI,     '9', 0, "\\b[12][0-9]{9}\\b", phi_is_npi, .6, 1, "npi|provider|prescriber|physician" },
    { PHI_DEA,     '9', 0, "\\b[abcdefghjklmprstux][a-z9]-?[0-9]{7}\\b", phi_is_dea, .8, 1, "dea" },
    { PHI_PHONE,   '9', 0, "(?<![\\w.])(?:\\+?1[-. ]?)?(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}\\b", phi_is_phone, .8, 1, CALLS },
    { PHI_PHONE,   '9', 0, "(?<![\\w.])(?:\\+?1[-. ]?)?[2-9][0-9]{2}[ /]?[2-9][0-9]{2}[ -]?[0-9]{4}\\b", phi_is_phone, .3, .9, CALLS },
    { PHI_PHONE,   '9', 0, "\\+1[-. ]?\\(?[2-9][0-9]{2}\\)?[-. ]?[2-9][0-9]{2}[-. ]?[0-9]{4}\\b", phi_is_phone, .9, 1, CALLS },
    { PHI_PHONE,   '9', 0, "\\b[2-9][0-9]{2}[-. ][0-9]{4}\\b", phi_is_phone, 0, .8, CALLS },
    { PHI_PHONE,   '+', 0, "\\+[1-9][0-9]{0,2}(?:[ .()-]{0,2}[0-9]{1,5}){2,6}\\b", phi_is_e164, .8, 1, CALLS },
    { PHI_EMAIL,   '@', PHI_OWN, "[a-z0-9_%+'-][a-z0-9._%+'-]{0,63}@[a-z0-9-]{1,63}(?:\\.[a-z0-9-]{1,63}){1,6}", phi_is_public, .9, 1, "email|mail" },
    { PHI_EMAIL,   0,   0, "\\b[a-z0-9][a-z0-9._-]{1,40} ?(?:\\(at\\)|\\[at\\]| at ) ?[a-z0-9-]{1,40} ?(?:\\(dot\\)|\\[dot\\]| dot ) ?[a-z]{2,6}\\b", NULL, .8, 1, "email" },
    { PHI_URL,     '/', PHI_OWN, "\\b(?:https?|s?ftp|file|smb)://[^ \\n\"<>]{1,300}", phi_is_public, .7, 1, "portal|profile" },
    { PHI_URL,     '.', PHI_OWN, "\\bwww\\.[a-z0-9-]{1,63}(?:\\.[a-z0-9-]{1,63}){1,4}", phi_is_public, .8, 1, "portal" },
    { PHI_IP,      '.', PHI_OWN, "(?<![\\w.-])(?<!version )(?:[0-9]{1,3}\\.){3}[0-9]{1,3}(?![\\w-]|\\.[0-9])", phi_is_ipv4, .7, 1, "ip|address|host" },
    { PHI_IP,      ':', PHI_OWN, "(?<![\\w:.])[0-9a-f:]{4,39}(?![\\w:])", phi_is_ipv6, .8, 1, "ip|address" },
    { PHI_MAC,     '9', 0, "(?<![0-9a-f][:-])\\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\\b(?![:-][0-9a-f])", phi_is_mac, .8, 1, "mac" },
    { PHI_MAC,     '.', 0, "(?<![\\w.])[0-9a-f]{4}\\.[0-9a-f]{4}\\.[0-9a-f]{4}(?![\\w.])", NULL, .6, 1, "mac" },
    { PHI_DATE,    '/', 0, "(?<![\\w/.-])[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2})(?![\\w/-])", phi_is_date, .8, 1, LIFE },
    { PHI_DATE,    '-', 0, "(?<![\\w/.-])[0-9]{1,2}-[0-9]{1,2}-(?:[0-9]{4}|[0-9]{2})(?![\\w/-])", phi_is_date, .7, 1, LIFE },
    { PHI_DATE,    '.', 0, "(?<![\\w/.-])[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{4}(?![\\w/-]|\\.[0-9])", phi_is_date, .7, 1, LIFE },
    { PHI_DATE,    '.', 0, "(?<![\\w/.-])[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{2}(?![\\w/-]|\\.[0-9])", phi_is_date, 0, .8, LIFE },
    /* A day with its time is how we write our own times; without it a day is somebody's. */
    { PHI_DATE,    '9', 0, "(?<![\\w/.-])" YEAR "[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![\\w/-]|\\.[0-9]| [0-9]{2}:[0-9]{2})", phi_is_date, .7, 1, LIFE },
    { PHI_DATE,    '-', 0, "(?<![\\w/.-])" YEAR "-[0-9]{2}-[0-9]{2}[t ][0-9]{2}:[0-9]{2}", phi_is_date, .2, .8, LIFE },
    { PHI_DATE,    '9', 0, "\\b" YEAR "[0-9]{4}\\b", phi_is_compact, 0, .8, "dob|born|birth|admitted|admission|discharged|died|death|deceased" },
    { PHI_DATE,    '9', 0, "\\b" DAY "(?: of)?[ -]" MONTH "\\b(?:,?[ -]" YEAR ")?", NULL, .7, 1, LIFE },
    { PHI_DATE,    '9', 0, "\\b[0-3]?[0-9](?:st|nd|rd|th)(?: of)? may\\b|\\b" DAY "[ -]may,?[ -]" YEAR "\\b|\\bmay[ -]" DAY ",? " YEAR "\\b", NULL, .7, 1, LIFE },
    { PHI_DATE,    '9', 0, "\\b" MONTH "\\.?[ -]" DAY "\\b(?:,?[ -]" YEAR ")?", NULL, .7, 1, LIFE },
    { PHI_DATE,    '9', 0, "\\b[0-3]?[0-9](?:" MONTH "|may)" YEAR "\\b", NULL, .7, 1, LIFE },
    { PHI_DATE,    '9', PHI_CASED, "\\bM(?:ay|AY) " DAY "\\b", NULL, .6, 1, LIFE },
    { PHI_DATE,    '9', 0, "\\b(?:" MONTH "|may)\\.?,? (?:of )?" YEAR "\\b", NULL, .6, 1, LIFE },
    { PHI_AGE,     '9', 0, "\\bage[ds]?(?: of| is)?[ :=]{1,2}(?:9[0-9]|1[0-2][0-9])\\b", NULL, .8, 1, "patient" },
    { PHI_AGE,     '9', 0, "\\b(?:9[0-9]|1[0-2][0-9])[ -]?(?:y/?o|yrs?|years?)\\b", NULL, .7, 1, "old|age|patient" },
    { PHI_ZIP,     '9', PHI_CASED, "\\b[A-Z]{2},? {1,2}[0-9]{5}(?:-[0-9]{4})?\\b", phi_is_state, .7, 1, "zip" },
    { PHI_ZIP,     '9', 0, "\\b(?:zip|postal)(?: ?code)?" IS "[0-9]{5}(?:-[0-9]{4})?\\b", NULL, .9, 1, "address" },
    { PHI_ZIP,     '9', 0, "(?<![\\w.-])[0-9]{5}-[0-9]{4}(?![\\w-])", NULL, .5, 1, "zip|address" },
    { PHI_ADDRESS, '9', PHI_CASED, "\\b[0-9]{1,6}[A-Za-z]?,? (?:[NSEWnsew]{1,2}\\.? )?(?:[A-Z0-9][A-Za-z0-9'.-]{0,20} ){1,4}(?i:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|"
                           "drive|dr|court|ct|circle|cir|way|place|pl|terrace|ter|parkway|pkwy|highway|hwy|square|sq|trail|trl)\\b", NULL, .8, 1, "lives|address" },
    { PHI_ADDRESS, '9', 0, "\\b[0-9]{1,6}[a-z]? (?:[a-z][a-z'.-]{0,20} ){1,3}(?:street|avenue|boulevard|road|lane)\\b", NULL, .7, 1, "lives|address" },
    { PHI_ADDRESS, '9', 0, "\\bp\\.? ?o\\.? ?box [0-9]{1,6}\\b", NULL, .9, 1, "address" },
    { PHI_ADDRESS, 0,   PHI_CASED, "\\b(?i:lives in|living in|resides in|resident of|from the (?:city|town) of|county of) " NAME1, NULL, .7, 1, "patient" },
    { PHI_ADDRESS, 0,   PHI_CASED, "\\b" NAME1 " (?:County|Parish|Township)\\b", NULL, .6, 1, "lives" },
    { PHI_CARD,    '9', 0, "\\b[0-9](?:[ -]?[0-9]){11,18}\\b", phi_is_card, .9, 1, "card|visa|credit" },
    { PHI_CARD,    '9', 0, "\\b[0-9]{4}\\.[0-9]{4}\\.[0-9]{4}\\.[0-9]{4}\\b", phi_is_card, .9, 1, "card|visa|credit" },
    { PHI_IBAN,    '9', PHI_CASED, "\\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\\b", phi_is_iban, .9, 1, "iban" },
    { PHI_IBAN,    '9', 0, "\\b[a-z]{2}[0-9]{2}[a-z0-9]{11,30}\\b", phi_is_iban, .9, 1, "iban" },
    { PHI_ABA,     '9', 0, "\\b[0-9]{9}\\b", phi_is_aba, .3, .9, "aba|routing|rtn|transit|wire" },
    { PHI_ACCOUNT, '9', 0, "\\b(?:account|acct\\.?|a/c)" NO IS "[a-z]{0,3}[0-9][0-9-]{5,16}\\b", phi_has_5, .8, 1, "bank" },
    { PHI_LICENCE, '9', 0, "\\b(?:driver'?s? licen[cs]e|licen[cs]e|dln?|passport|certificate|lic\\.?)" NO IS "[a-z]{0,3}-?[0-9][a-z0-9-]{3,14}\\b", phi_has_4, .8, 1, "driver" },
    { PHI_VIN,     '9', 0, "\\b[a-hj-npr-z0-9]{17}\\b", phi_is_vin, .8, 1, "vin|vehicle" },
    { PHI_PLATE,   '9', 0, "\\b(?:licen[cs]e plate|plate|registration plate)" NO IS "[a-z0-9]{1,4}[ -]?[a-z0-9]{2,4}\\b", phi_has_digit, .8, 1, "vehicle" },
    { PHI_DEVICE,  '(', 0, "\\(01\\)[0-9]{14}(?![0-9])", phi_is_gtin, .9, 1, "udi" },
    { PHI_DEVICE,  '(', 0, "\\((?:21|10)\\)[a-z0-9][a-z0-9./-]{2,19}\\b", phi_has_3, .6, 1, "udi|serial" },
    { PHI_DEVICE,  '9', 0, "\\b[0-9]{15}\\b|\\b[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]\\b", phi_is_imei, .6, 1, "imei" },
    { PHI_DEVICE,  '9', 0, "\\b(?:serial|s/n|sn|device|implant|pacemaker|udi)" NO IS "[a-z]{0,6}-?[0-9][a-z0-9-]{3,20}\\b", phi_has_4, .7, 1, "implant" },
    { PHI_NAME,    0,   PHI_CASED, "\\b(?:Mr|Mrs|Ms|Miss|Dr|DR|Prof|Sr|Sra|Herr|Frau|Mme|Rev|Nurse|MR|MRS)\\.? (?:[A-Z]\\.? ?)?" NAME1 "(?: " NAME1 ")?", NULL, .8, 1, "patient" },
    { PHI_NAME,    0,   PHI_CASED, "\\b(?i:patients?|pt|names?|seen by|mother|father|son|daughter|wife|husband|brother|sister|born to|signed(?: by)?|referred by|spoke with|"
                           "next of kin|attending|surname|nurse|called)(?i: is| was| named)?[:,=]? (?:[A-Z]\\. ?)?" NAME1 ",? (?:[A-Z]\\.? )?" NAME1 "\\b", phi_is_called, .7, 1, "patient" },
    { PHI_NAME,    0,   0, "\\b(?:patient|pt|name|seen by|mother|father|son|daughter|wife|husband|brother|sister|referred by|spoke with|surname)(?: is| was| named)?[:,=]? [a-z][a-z'-]{2,24}\\b",
                           phi_has_name, .7, 1, NULL },
    { PHI_NAME,    0,   PHI_CASED, "\\b" NAME1 ",? (?:[A-Z]\\.? )?" NAME1 "\\b", phi_is_person, .7, 1, "patient" },
    { PHI_NAME,    0,   0, "\\b[a-z][a-z'-]{2,22},? [a-z][a-z'-]{2,22}\\b", phi_is_people, .7, 1, "patient" },
    { PHI_BIOMETRIC, ':', 0, "\\bdata:(?:image|audio|video)/[a-z0-9.+-]{2,20}[;,]", NULL, 1, 1, NULL },
    { PHI_RECORD,  '|', PHI_CASED, "\\b(?:PID|NK1|GT1|IN1)\\|[^|\\n]{0,20}\\|", NULL, .9, 1, NULL },
    { PHI_RECORD,  '|', PHI_CASED, "\\bMSH\\|\\^~", NULL, .9, 1, NULL },
    { PHI_RECORD,  '*', PHI_CASED, "\\bNM1\\*(?:QC|IL|03|74|82|85|DK)\\*", NULL, .9, 1, NULL },
    { PHI_RECORD,  '"', 0, "\"resourceType\" ?: ?\"(?:Patient|Person|RelatedPerson|Practitioner)\"", NULL, .9, 1, NULL },
    { PHI_RECORD,  '(', 0, "\\(0010, ?[0-9a-f]{4}\\)", NULL, .9, 1, NULL },
    { PHI_RECORD,  ',', 0, "(?m)^[^\\n,]{2,20},[^\\n]{2,200}$", phi_is_header, .8, 1, NULL },
    { PHI_NONE },
};
/* clang-format on */
