#include "cli/asked.h"
#include <stddef.h>

#define COORDINATOR "the coordinator", "coordinator"
#define HOSPITAL "a hospital", "HOSPITAL"
#define GUARDIAN "the guardian", "guardian"

const struct asked asked_rows[] = {
    { "count", COORDINATOR },
    { "unwatch", COORDINATOR },
    { "policy", HOSPITAL },
    { "records", HOSPITAL },
    { "rescan", HOSPITAL },
    { "tables", HOSPITAL },
    { "budget", "the guardian, or a hospital,", "guardian" },
    { "health", GUARDIAN },
    { "forecast", GUARDIAN },
    { "permits", GUARDIAN },
    { "verify", GUARDIAN },
    { "log", GUARDIAN },
    { "alarm", GUARDIAN },
    { "break-glass", GUARDIAN },
    { NULL, NULL, NULL },
};

const struct asked *asked_find(struct str word)
{
    const struct asked *row = asked_rows;
    while (row->word && !str_is(word, row->word)) row++;
    return row->word ? row : NULL;
}
