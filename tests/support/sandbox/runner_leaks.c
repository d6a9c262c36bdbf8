/*
 * For AddressSanitizer's builds: leaks are looked for in the tests' own
 * processes, not in Criterion's runner above them.
 *
 * The runner's watch over time limits (BoxFort's) now and then loses an entry
 * of its list, and nothing of ours runs there.
 */
struct criterion_test;
extern const struct criterion_test *criterion_current_test; /* NULL in the runner */

/* Asked by LeakSanitizer when a process ends: sanitizer/lsan_interface.h. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return !criterion_current_test; }
