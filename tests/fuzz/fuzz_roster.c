/* Any bytes are a roster, or a hospital's request: a roster that is read is written and read back the same, and a
 * request is refused unless it was signed by the key of the fingerprint that was told. */
#include "common/runtime/enrol.h"
#include "common/runtime/roster_text.h"
#include "common/wire/doc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* That of the request among the seeds. */
static const char fingerprint[] = "3289-884a-273c-de9f-88ca-5543-154d-8e26";

static void require(bool holds)
{
    if (!holds) abort();
}

static bool same(const struct roster *a, const struct roster *b)
{
    bool is = roster_version(a) == roster_version(b) && roster_count(a) == roster_count(b);
    for (size_t i = 0; is && i < roster_count(a); i++)
        is = memcmp(roster_at(a, i), roster_at(b, i), sizeof(struct member)) == 0;
    for (size_t i = 0; is && roster_revoked(a, i); i++) is = roster_is_revoked(b, str_of(roster_revoked(a, i)));
    return is;
}

static void as_roster(struct str in)
{
    struct roster *r = NULL, *again = NULL;
    struct why why = { "" };
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    enum err e = roster_parse(in, "fuzz", &r, &why);
    require(e == OK || why.text[0]);
    if (e != OK) return;
    const struct roster_plan plan = { .version = roster_version(r), .parts = { { .of = r } }, .before = r };
    roster_text(&plan, &text);
    if (roster_version(r) > 0) /* one without is not written */
        require(roster_parse(buf_str(&text), "again", &again, &why) == OK && same(r, again));
    roster_free(r);
    roster_free(again);
}

/* There is no roster to put it into, so the right one ends with ERR_IO. */
static void as_request(struct str in)
{
    const struct enrol_keeper nowhere = { "/nonexistent/roster.yaml", "/nonexistent/federation.key" };
    struct enrol_done done;
    struct why why = { "" };
    enum err e = enrol_accept(&nowhere, in, fingerprint, &done, &why);
    require(e != OK && why.text[0]);
    require(e != ERR_IO || strstr(why.text, "/nonexistent/roster.yaml"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = { (const char *)data, size };
    as_roster(in);
    as_request(in);
    return 0;
}
