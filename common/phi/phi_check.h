/*
 * phi_check -- is what a pattern found really such a thing?
 *
 * Check digits, ranges and word lists.  Each gets the found text, folded (see
 * phi_fold.h), with or without its separators.
 */
#pragma once
#include "common/base/str.h"

typedef bool phi_check_fn(struct str found);

/* Numbers of people and papers: phi_check.c.  Digits are gathered from the text, separators skipped. */
phi_check_fn phi_is_ssn;  /* areas, groups and serials that were never given out fail, and the two on sample cards */
phi_check_fn phi_is_itin; /* IRS: 9xx-(50-65, 70-88, 90-92, 94-99)-xxxx */
phi_check_fn phi_is_mbi;  /* CMS: the form of a Medicare beneficiary identifier, without S L O I B Z */
phi_check_fn phi_is_npi;  /* CMS: Luhn over 80840 and the ten digits */
phi_check_fn phi_is_dea;  /* (d1+d3+d5) + 2 (d2+d4+d6) ends in d7 */
phi_check_fn phi_is_card; /* ISO/IEC 7812: an issuer's prefix, its length, Luhn */
phi_check_fn phi_is_iban; /* ISO 13616: mod 97 is 1 */
phi_check_fn phi_is_aba;  /* 3 7 1, mod 10, and a district that exists */
phi_check_fn phi_is_vin;  /* ISO 3779 with the check digit of 49 CFR 565 */
phi_check_fn phi_is_gtin; /* GS1: the 14 digits after (01), mod 10 */
phi_check_fn phi_is_imei; /* 15 digits, Luhn */
phi_check_fn phi_has_3;   /* at least so many digits after the last blank, colon or # */
phi_check_fn phi_has_4;
phi_check_fn phi_has_5;
phi_check_fn phi_has_digit;

struct str phi_host(struct str found); /* of an address or a URL; of anything else what it begins with */

/* Dates, networks, places: phi_place.c. */
phi_check_fn phi_is_date;    /* three numbers, in any of the three orders, two of them a day and a month */
phi_check_fn phi_is_compact; /* YYYYMMDD */
phi_check_fn phi_is_phone;   /* North American: no area or exchange N11 */
phi_check_fn phi_is_e164;    /* 8 to 15 digits */
phi_check_fn phi_is_public; /* the host after @, // or at the start is not one reserved by RFC 2606, nor this machine */
phi_check_fn phi_is_ipv4;   /* not this machine, not the nets for documentation (RFC 5737) */
phi_check_fn phi_is_ipv6;
phi_check_fn phi_is_mac;
phi_check_fn phi_is_state;  /* begins with a state's two letters */
phi_check_fn phi_is_header; /* a line of columns, two of them named like a patient's data */
