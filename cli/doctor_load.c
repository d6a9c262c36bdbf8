/* What the broker bears: an upload, a stream of stanzas, a long one. */
#include "cli/doctor.h"
#include "common/runtime/xmpp/survey.h"
#include <stdio.h>
#include <string.h>

enum {
    PACE_MS = 4000,
    PACE_STANZA_BYTES = 8 * 1024,
    PACE_STANZAS = 32,
    PACE_SMALL_BYTES = 2 * 1024,
    STANZA_MS = 20000,
    SLOWER = 8 /* so much less than what a small stanza shows is the broker's will, not the line's */
};
#define PACE_LEAST_BYTES_S (128.0 * 1024)

void doctor_upload(struct patient *p, struct finding *f)
{
    static const struct {
        enum err code;
        const char *remedy;
    } rows[] = {
        { ERR_ABSENT, "Prosody: Component \"upload.DOMAIN\" \"http_file_share\"; longer models need it" },
        { ERR_REFUSED, "Prosody: http_file_share_access must name the domain" },
        { ERR_LIMIT, "Prosody: raise http_file_share_size_limit and http_file_share_daily_quota" },
        { ERR_TLS, "https_ssl must use a certificate of the authority in ca_file, made for the name in the URL" },
        { ERR_NETWORK, "open the broker's https port, and correct http_external_url" },
    };
    struct why why = { "" };
    const char *remedy = NULL;
    enum err e = survey_upload(p->client, p->ca_file, &why);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == e) remedy = rows[i].remedy;
    if (e == OK)
        doctor_fine(f, "1 MiB stored and read back");
    else
        doctor_wrong(f, e, &why, remedy);
}

/* ---- pace ---- */

/* Bytes a second; what came back counts also when the time was over. */
static enum err measure(struct patient *p, size_t bytes, size_t count, double *out_pace, struct why *why)
{
    struct survey_echo echo = { .bytes = bytes, .count = count, .timeout_ms = PACE_MS };
    enum err e = survey_echo(p->client, &echo, why);
    double seconds = e == ERR_TIMEOUT ? PACE_MS / 1000.0 : (double)(echo.us ? echo.us : 1) / 1e6;
    *out_pace = (double)(echo.back * bytes) / seconds;
    return e == ERR_TIMEOUT ? OK : e;
}

static void judge_pace(const struct patient *p, double small, double pace, struct finding *f)
{
    char text[DRAW_BYTES];
    char remedy[DOCTOR_REMEDY_BYTES];
    struct why why;
    (void)draw_bytes(pace, text);
    if (pace >= PACE_LEAST_BYTES_S) {
        doctor_fine(f, "%s a second to ourselves", text);
    } else if (small > SLOWER * pace) {
        (void)why_say(&why, ERR_LIMIT,
                      "the broker's rate limit is too low: %s a second, although single stanzas pass quickly", text);
        (void)snprintf(remedy, sizeof remedy, "Prosody: put %.150s into unlimited_jids, or raise limits.c2s.rate",
                       p->jid);
        doctor_wrong(f, ERR_LIMIT, &why, remedy);
    } else {
        (void)why_say(&why, OK, "the line to the broker is slow: %s a second", text);
        doctor_note(f, &why, "allow rounds more time (round_deadline of the task)");
    }
}

void doctor_pace(struct patient *p, struct finding *f)
{
    struct why why = { "" };
    double small = 0, pace = 0;
    enum err e = measure(p, PACE_SMALL_BYTES, 1, &small, &why);
    if (e == OK) e = measure(p, PACE_STANZA_BYTES, PACE_STANZAS, &pace, &why);
    if (e != OK)
        doctor_wrong(f, e, &why, NULL);
    else
        judge_pace(p, small, pace, f);
}

/* ---- one long stanza ---- */

void doctor_stanza(struct patient *p, struct finding *f)
{
    static const size_t sizes[] = { 16 * 1024, 64 * 1024, 256 * 1024, SURVEY_LONGEST_STANZA };
    struct why why = { "" }, what;
    enum err e = OK;
    size_t i = 0;
    for (; e == OK && i < sizeof sizes / sizeof *sizes; i++) {
        struct survey_echo echo = { .bytes = sizes[i], .count = 1, .timeout_ms = STANZA_MS };
        e = survey_echo(p->client, &echo, &why);
    }
    if (e == OK) {
        doctor_fine(f, "one of %d KiB passes", SURVEY_LONGEST_STANZA / 1024);
        return;
    }
    (void)why_say(&what, ERR_LIMIT, "the broker takes no stanza of %zu KiB (%.200s)", sizes[i - 1] / 1024, why.text);
    doctor_wrong(f, ERR_LIMIT, &what, "Prosody: c2s_stanza_size_limit = 512 * 1024; a proxy may have a limit too");
}
