/*
 * alarm_commands -- an alarm is cleared by two privacy officers, as emergency
 * access is given: one asks, with a reason, another confirms in time, and
 * nothing new was found meanwhile: what was asked is of the alarm then.  What it
 * was about may have permits again; a run that ended stays ended.  Both, and
 * that it was cleared, are in the log; the reason stays here, in
 *   alarm-clear/<run or hospital>    "<asked at, ms> <officer> <reason>"
 */
#pragma once
#include "agents/privacy/guardian.h"

enum { ALARM_CONFIRM_MS = 15 * 60 * 1000, ALARM_REASON_MIN = 10, ALARM_REASON_MAX = 200 };

/* Where the wish for one is kept; a new alarm about the same ends it. */
char *alarm_clear_key(char out[STORE_MAX_KEY], const char *about);

extern const struct argument alarm_ask_args[], alarm_confirm_args[];
command_run_fn alarm_say_list, alarm_say_clear, alarm_say_confirm;
