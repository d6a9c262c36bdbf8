#include "common/wire/words.h"
#include <ctype.h>
#include <string.h>

static const char *const polite[] = { "please", "pls", "thanks", "thank", "you", "now", "kindly", NULL };
static const char *const fillers[] = { "a",    "an",   "and",   "at",    "can",  "could", "do",    "for",
                                       "get",  "give", "hello", "hey",   "hi",   "i",     "id",    "im",
                                       "in",   "is",   "it",    "just",  "let",  "lets",  "like",  "me",
                                       "my",   "need", "of",    "ok",    "okay", "on",    "our",   "see",
                                       "show", "some", "tell",  "that",  "the",  "then",  "this",  "to",
                                       "us",   "want", "what",  "whats", "will", "with",  "would", NULL };

static bool is_blank(char c) { return isspace((unsigned char)c) != 0; }
static bool is_quote(char c) { return c == '"' || c == '\''; }

/* Index of the quote that closes the one at `open`, when it ends the word; the line's end when none does. */
static size_t closing(struct str line, size_t open)
{
    for (size_t i = open + 1; i < line.n; i++)
        if (line.p[i] == line.p[open] && (i + 1 == line.n || is_blank(line.p[i + 1]))) return i;
    return line.n;
}

/* Length of the word that begins the line. */
static size_t length(struct str line)
{
    size_t i = 0;
    while (i < line.n && !is_blank(line.p[i])) {
        bool may_open = is_quote(line.p[i]) && (i == 0 || line.p[i - 1] == '=');
        size_t end = may_open ? closing(line, i) : line.n;
        i = end < line.n ? end + 1 : i + 1;
    }
    return i;
}

static struct word make_word(struct str raw)
{
    struct word w = { .raw = raw, .text = raw };
    w.quoted = raw.n >= 2 && is_quote(raw.p[0]) && closing(raw, 0) == raw.n - 1;
    if (w.quoted) w.text = (struct str){ raw.p + 1, raw.n - 2 };
    return w;
}

size_t words_split(struct str line, struct word out[WORDS_MAX])
{
    size_t n = 0;
    for (line = str_trim(line); line.n > 0; line = str_trim(line)) {
        if (n == WORDS_MAX) return WORDS_MAX + 1;
        size_t size = length(line);
        out[n++] = make_word((struct str){ line.p, size });
        line = (struct str){ line.p + size, line.n - size };
    }
    return n;
}

struct str words_bare(struct str text)
{
    while (text.n > 1 && memchr("?!.,;:)", text.p[text.n - 1], 7) != NULL) text.n--;
    while (text.n > 1 && text.p[0] == '(') text = (struct str){ text.p + 1, text.n - 1 };
    return text;
}

static size_t past_apostrophe(struct str s, size_t i) { return i < s.n && s.p[i] == '\'' ? i + 1 : i; }

static bool same(struct str a, struct str b)
{
    size_t i = past_apostrophe(a, 0);
    size_t k = past_apostrophe(b, 0);
    while (i < a.n && k < b.n && tolower((unsigned char)a.p[i]) == tolower((unsigned char)b.p[k])) {
        i = past_apostrophe(a, i + 1);
        k = past_apostrophe(b, k + 1);
    }
    return i == a.n && k == b.n;
}

bool words_same(const struct word *w, struct str other)
{
    struct str said = w->quoted ? w->text : words_bare(w->text);
    bool short_is = said.n > 2 && said.p[said.n - 2] == '\'' && tolower((unsigned char)said.p[said.n - 1]) == 's';
    return same(said, other) || (short_is && same((struct str){ said.p, said.n - 2 }, other));
}

static bool among(const struct word *w, const char *const list[])
{
    for (size_t i = 0; !w->quoted && list[i]; i++)
        if (words_same(w, str_of(list[i]))) return true;
    return false;
}

bool words_is_polite(const struct word *w) { return among(w, polite); }
bool words_is_filler(const struct word *w) { return among(w, fillers) || among(w, polite); }
