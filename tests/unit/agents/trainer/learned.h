/*
 * learned -- a small task, rows and models for tests of what a trainer learns.
 */
#pragma once
#include "agents/trainer/incoming.h"
#include "agents/trainer/plan.h"
#include "common/base/buf.h"
#include "common/learn/table.h"

struct plan *learned_plan(const char *task);    /* asserts */
void learned_rows(size_t n, struct table *out); /* two inputs; separable, more or less */
/* The spec's initial weights and, when not NULL, two means and two scales, as safetensors. */
void learned_model(const struct plan *plan, const float *mean, const float *scale, struct buf *out);
