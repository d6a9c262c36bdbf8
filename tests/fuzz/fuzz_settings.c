/* Any bytes as a settings file, and as command lines (one argument a line). */
#include "common/runtime/settings.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ARGUMENTS_MAX = 32 };

static const struct setting table[] = {
    { "records", SET_PATH, "a.csv", 0, 0, "file of the records" },
    { "epsilon_max", SET_REAL, "8.0", 0, 100, "privacy budget" },
    { "heartbeat_ms", SET_COUNT, "5000", 100, 6e4, "time between heartbeats" },
    { "label", SET_TEXT, "", 0, 8, "a label" },
    { "secure", SET_FLAG, "no", 0, 0, "use secure aggregation" },
    { "log_level", SET_CHOICE, "info", 0, 0, "error|warn|info|debug: how much is logged" },
    { 0 },
};

static void must(bool holds)
{
    if (!holds) abort();
}

static void read_from(const struct settings_source *from)
{
    static const struct setting *const tables[] = { table, NULL };
    struct settings *s = NULL;
    struct why why = { "" };
    enum err e = settings_new(tables, from, &s, &why);
    must((e == OK) == (s != NULL) && (e == OK || why.text[0] != '\0'));
    if (s == NULL) return;
    must(settings_u64(s, "heartbeat_ms") >= 100 && settings_u64(s, "heartbeat_ms") <= 60000);
    must(settings_f64(s, "epsilon_max") >= 0 && settings_f64(s, "epsilon_max") <= 100);
    must(strlen(settings_text(s, "label")) <= 8 && settings_text(s, "records") != NULL);
    must(settings_u64(s, "secure") <= 1 && settings_u64(s, "log_level") <= 3);
    settings_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *list[ARGUMENTS_MAX + 1] = { NULL };
    size_t count = 0;
    char *text = malloc(n + 1);
    if (text == NULL) return 0;
    if (n > 0) memcpy(text, data, n);
    text[n] = '\0';
    read_from(&(struct settings_source){ .config_text = { text, n } });
    for (char *at = text; at && count < ARGUMENTS_MAX; count++) {
        list[count] = at;
        at = strchr(at, '\n');
        if (at) *at++ = '\0';
    }
    read_from(&(struct settings_source){ .arguments = list });
    read_from(&(struct settings_source){ .environment = list });
    free(text);
    return 0;
}
