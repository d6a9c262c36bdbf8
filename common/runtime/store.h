/*
 * store -- what an agent keeps: ordered text keys to bytes, in transactions.
 *
 * State is durable before its effects leave the process: the runtime opens a
 * transaction around every handler and sends only after the commit.  In
 * production one SQLite file per agent in WAL mode (synchronous NORMAL: survives a killed process; FULL: survives a
 * power cut), held by one process at a time; in simulation the same over memory.
 *
 * LONG VALUES, above STORE_ROW_BYTES, are files in the folder "<path>-long" beside it, written once and in the same
 * transactions: they grow by appending and are read by ranges, so that nobody needs to hold one whole.  A value may
 * have several names (store_link), at no cost in space.  A power cut leaves a STORE_PROCESS_SAFE store whole, but what
 * was appended last may be missing: reading it is ERR_STORE.  What was put or linked is there.
 */
#pragma once
#include "common/base/buf.h"

enum { STORE_MAX_KEY = 512, STORE_ROW_BYTES = 1 << 20 };
#define STORE_MAX_VALUE ((size_t)4000000000) /* as long as an attachment may be: SCHEMA_MAX_BLOB */

struct store;
enum store_safety { STORE_PROCESS_SAFE, STORE_POWER_SAFE };

/* ERR_STORE with the cause: locked by another process, corrupt, read-only, disk full.  Blocks. */
enum err store_open_file(const char *path, enum store_safety safety, struct store **out, struct why *why) MUST_USE;
enum err store_open_memory(struct store **out) MUST_USE;
void store_close(struct store *s); /* rolls an open transaction back; NULL is fine */

/* Transactions do not nest.  put, append, link and del need one. */
enum err store_begin(struct store *s) MUST_USE;
enum err store_commit(struct store *s) MUST_USE; /* after a failure the transaction is rolled back */
void store_rollback(struct store *s);

/* Why the last transaction could not be begun, written or ended, in a few words ("database or disk is full"); "" when
 * it could, or nobody knows. */
const char *store_trouble(const struct store *s);

enum err store_put(struct store *s, const char *key, struct bytes value) MUST_USE;
/* Adds to the end of the value, which is empty when absent.  ERR_STATE when it has another name too; ERR_LIMIT past
 * STORE_MAX_VALUE. */
enum err store_append(struct store *s, const char *key, struct bytes more) MUST_USE;
enum err store_link(struct store *s, const char *from, const char *to) MUST_USE; /* from's value under `to`, too */
enum err store_del(struct store *s, const char *key) MUST_USE;                   /* the name; OK when absent */
/* Appends the value to *out; ERR_ABSENT when there is none. */
enum err store_get(struct store *s, const char *key, struct buf *out) MUST_USE;
enum err store_size(struct store *s, const char *key, uint64_t *out) MUST_USE; /* ERR_ABSENT */
/* n bytes from the offset on; ERR_INPUT when the value ends before, and out then holds anything.  ERR_ABSENT. */
enum err store_read(struct store *s, const char *key, uint64_t offset, size_t n, void *out) MUST_USE;
bool store_has(struct store *s, const char *key);

/* Calls fn for every key that starts with prefix, in byte order, until fn fails.  fn may put and del (such changes are
 * not part of this scan's result).  key and value live for the call. */
typedef enum err store_scan_fn(void *to, const char *key, struct bytes value);
enum err store_scan(struct store *s, const char *prefix, store_scan_fn *fn, void *to) MUST_USE;
typedef enum err store_key_fn(void *to, const char *key);
enum err store_scan_keys(struct store *s, const char *prefix, store_key_fn *fn, void *to) MUST_USE; /* no values */
enum err store_del_prefix(struct store *s, const char *prefix) MUST_USE;
