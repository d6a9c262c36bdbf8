/*
 * audit_show -- an audit as an answer: sentences and a table, a row an attack.
 */
#pragma once
#include "common/privacy/audit_words.h"
#include "common/wire/result.h"

void audit_show(const struct audit *a, struct result *out);
