/*
 * settings -- one table gives name, kind, fallback, range, unit and sentence.
 *
 * Values come, in rising order, from the fallback, a YAML file (--config), the
 * environment (HIMAS_<NAME>) and --name value or --name=value (a hyphen may
 * stand for an underscore; a flag may go without its value).  A wrong one is
 * refused with its name, where it was said, and its range; a name that is in
 * no table too, except that in the environment only a slip of a known name is
 * (others may use the prefix: Kubernetes names its services so).
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"

enum setting_kind { SET_TEXT, SET_PATH, SET_COUNT, SET_REAL, SET_FLAG, SET_CHOICE };

struct setting {
    const char *name;
    enum setting_kind kind;
    const char *fallback; /* NULL: must be given; "" is a value */
    double min;           /* numbers: range; text: length */
    double max;
    const char *doc; /* meaning and unit; SET_CHOICE: begins with "a|b|c: " */
};

struct settings; /* values, in an arena */
struct settings_source {
    const char *config_path;  /* NULL for none */
    struct str config_text;   /* used when config_path is NULL and it is not empty */
    char *const *environment; /* NULL-terminated "A=b"; NULL for none */
    char *const *arguments;   /* NULL-terminated "--name", "value" ... ; NULL for none */
};

/* tables: NULL-terminated list of tables, each ending with a NULL name, which live as long as the settings.  A minimum
 * and maximum of 0 is no range.  ERR_SETTING, ERR_USAGE for a command line that is no list of settings, and doc_read's
 * errors.  Blocks on the disk when there is a file. */
enum err settings_new(const struct setting *const *tables, const struct settings_source *from, struct settings **out,
                      struct why *why) MUST_USE;
void settings_free(struct settings *s);

/* A name that is in no table, or of another kind, is a bug: assert. */
const char *settings_text(const struct settings *s, const char *name); /* TEXT, PATH, CHOICE; lives as long as s */
uint64_t settings_u64(const struct settings *s, const char *name);     /* COUNT; FLAG as 0 or 1; CHOICE as its index */
double settings_f64(const struct settings *s, const char *name);

void settings_print_help(const struct setting *const *tables, struct buf *out);
