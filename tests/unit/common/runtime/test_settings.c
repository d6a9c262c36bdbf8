#include "common/base/file.h"
#include "common/runtime/settings.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WORDS = 5 };

static const struct setting first[] = {
    { "records", SET_PATH, NULL, 0, 0, "file of the records" },
    { "epsilon_max", SET_REAL, "8.0", 0, 100, "privacy budget" },
    { "heartbeat_ms", SET_COUNT, "5000", 100, 6e4, "time between heartbeats" },
    { 0 },
};
static const struct setting second[] = {
    { "label", SET_TEXT, "", 0, 8, "a label" },
    { "secure", SET_FLAG, "no", 0, 0, "use secure aggregation" },
    { "log_level", SET_CHOICE, "info", 0, 0, "error|warn|info|debug: how much is logged" },
    { 0 },
};
static const struct setting *const tables[] = { first, second, NULL };

struct row {
    const char *name;
    const char *config;
    char *environment[MAX_WORDS];
    char *arguments[MAX_WORDS];
    const char *expected; /* "records heartbeat epsilon label secure level", or the complaint */
};

static void expect(const struct row *row, enum err expected)
{
    struct settings_source from = { .config_text = str_of(row->config),
                                    .environment = row->environment,
                                    .arguments = row->arguments };
    struct settings *s = NULL;
    struct why why = { "" };
    char got[200] = "";
    enum err e = settings_new(tables, &from, &s, &why);
    cr_expect_eq(e, expected, "%s: %s", row->name, why.text);
    if (e == OK)
        (void)snprintf(got, sizeof got, "%s %u %g [%s] %u %s/%u", settings_text(s, "records"),
                       (unsigned)settings_u64(s, "heartbeat_ms"), settings_f64(s, "epsilon_max"),
                       settings_text(s, "label"), (unsigned)settings_u64(s, "secure"), settings_text(s, "log_level"),
                       (unsigned)settings_u64(s, "log_level"));
    cr_expect_str_eq(e == OK ? got : why.text, row->expected, "%s", row->name);
    cr_expect((s != NULL) == (e == OK), "%s", row->name);
    settings_free(s);
}

Test(settings, precedence)
{
    static const struct row rows[] = {
        { "defaults", "records: a.csv", { NULL }, { NULL }, "a.csv 5000 8 [] 0 info/2" },
        { "file over default",
          "{records: a, heartbeat_ms: 100, label: x, secure: yes}",
          { NULL },
          { NULL },
          "a 100 8 [x] 1 info/2" },
        { "environment over file",
          "{records: a, heartbeat_ms: 100}",
          { "HIMAS_HEARTBEAT_MS=200", "HIMAS_LABEL=" },
          { NULL },
          "a 200 8 [] 0 info/2" },
        { "command line over all",
          "{records: a, heartbeat_ms: 100}",
          { "HIMAS_HEARTBEAT_MS=200" },
          { "--heartbeat_ms", "300", "--log-level=debug" },
          "a 300 8 [] 0 debug/3" },
        { "flag alone", "", { NULL }, { "--secure", "--records", "b" }, "b 5000 8 [] 1 info/2" },
        { "flag at the end", "", { NULL }, { "--records", "b", "--secure" }, "b 5000 8 [] 1 info/2" },
        { "flag with value", "", { NULL }, { "--records=b", "--secure", "off" }, "b 5000 8 [] 0 info/2" },
        { "equals sign in value", "", { NULL }, { "--records=a=b" }, "a=b 5000 8 [] 0 info/2" },
        { "others' variables",
          "records: a",
          { "HIMAS_COORDINATOR_PORT=tcp://1", "PATH=/bin", "HIMAS_" },
          { NULL },
          "a 5000 8 [] 0 info/2" },
        { "last one counts", "", { NULL }, { "--records=a", "--records=b" }, "b 5000 8 [] 0 info/2" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) expect(&rows[i], OK);
}

Test(settings, refused)
{
    static const struct row rows[] = {
        { "missing", "", { NULL }, { NULL }, "`records` must be set: file of the records" },
        { "range in file",
          "records: a\nheartbeat_ms: 99",
          { NULL },
          { NULL },
          "settings:2: heartbeat_ms: \"99\" is not a whole number between 100 and 60000 (time between heartbeats)" },
        { "word in file",
          "{records: a, epsilon_max: much}",
          { NULL },
          { NULL },
          "settings:1: epsilon_max: \"much\" is not a number between 0 and 100 (privacy budget)" },
        { "list in file",
          "{records: [a]}",
          { NULL },
          { NULL },
          "settings:1: records: one value is wanted here (file of the records)" },
        { "slip in file",
          "record: a",
          { NULL },
          { NULL },
          "settings:1: record: no such setting; did you mean `records`?" },
        { "unknown in file",
          "weather: a",
          { NULL },
          { NULL },
          "settings:1: weather: no such setting; --help lists them all" },
        { "no map", "[records]", { NULL }, { NULL }, "settings:1: settings are `name: value` lines" },
        { "too long",
          "{records: a, label: 123456789}",
          { NULL },
          { NULL },
          "settings:1: label: \"123456789\" is not 0 to 8 bytes long (a label)" },
        { "range in environment",
          "records: a",
          { "HIMAS_EPSILON_MAX=101" },
          { NULL },
          "environment: HIMAS_EPSILON_MAX: \"101\" is not a number between 0 and 100 (privacy budget)" },
        { "slip in environment",
          "records: a",
          { "HIMAS_EPSILON_MX=1" },
          { NULL },
          "environment: HIMAS_EPSILON_MX: no such setting; did you mean `epsilon_max`?" },
        { "flag",
          "{records: a, secure: maybe}",
          { NULL },
          { NULL },
          "settings:1: secure: \"maybe\" is not yes or no (use secure aggregation)" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) expect(&rows[i], ERR_SETTING);
}

Test(settings, choice_refused)
{
    static const struct row row = {
        "choice",
        "",
        { NULL },
        { "--records=a", "--log_level=loud" },
        "command line: --log_level: \"loud\" is not one of the choices (error|warn|info|debug: how much is logged)"
    };
    expect(&row, ERR_SETTING);
}

Test(settings, usage)
{
    static const struct row rows[] = {
        { "unknown",
          "",
          { NULL },
          { "--weather=1" },
          "command line: --weather: no such setting; --help lists them all" },
        { "slip",
          "",
          { NULL },
          { "--hartbeat-ms", "1" },
          "command line: --hartbeat-ms: no such setting; did you mean `heartbeat_ms`?" },
        { "stray word", "", { NULL }, { "records" }, "command line: \"records\" is not --name value" },
        { "bare dashes", "", { NULL }, { "--" }, "command line: \"--\" is not --name value" },
        { "no value",
          "",
          { NULL },
          { "--records" },
          "command line: --records: its value is missing (file of the records)" },
        { "no value, more follows",
          "",
          { NULL },
          { "--records", "--secure" },
          "command line: --records: its value is missing (file of the records)" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) expect(&rows[i], ERR_USAGE);
}

Test(settings, file)
{
    char path[64];
    struct settings *s = NULL;
    struct why why = { "" };
    (void)snprintf(path, sizeof path, "/tmp/test_settings_%ld.yaml", (long)getpid());
    struct settings_source from = { .config_path = path };
    cr_expect_eq(settings_new(tables, &from, &s, &why), ERR_IO);
    cr_assert_eq(file_write(path, str_bytes(STR("records: r.csv\n")), 0600, NULL), OK);
    cr_expect_eq(settings_new(tables, &from, &s, &why), OK, "%s", why.text);
    cr_expect(s != NULL && strcmp(settings_text(s, "records"), "r.csv") == 0);
    settings_free(s);
    settings_free(NULL);
    (void)unlink(path);
}

Test(settings, out_of_memory_is_an_error)
{
    struct settings_source from = { .config_text = STR("records: a") };
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct settings *s = NULL;
        enum err e = settings_new(tables, &from, &s, NULL);
        done = e == OK;
        cr_expect(done || (e == ERR_MEMORY && s == NULL), "allocation %zu: %s", n, err_name(e));
        settings_free(s);
    }
    cr_expect(done);
}
