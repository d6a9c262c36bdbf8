#include "cli/fold.h"

enum { HANG = 2 };

/* ECMA-48, 5.4: a control sequence is ESC [ and what follows up to a letter. */
static size_t escape_bytes(struct str text)
{
    size_t i = 2;
    if (text.n < 2 || text.p[0] != '\033' || text.p[1] != '[') return 0;
    while (i < text.n && (text.p[i] < '@' || text.p[i] > '~')) i++;
    return i < text.n ? i + 1 : i;
}

static bool starts_character(char c) { return ((unsigned char)c & 0xc0) != 0x80; }

/* Where the line can be looked at: a byte, and the column it is shown in. */
struct spot {
    size_t at, column;
};

static void forward(struct str line, struct spot *s)
{
    size_t skip = escape_bytes((struct str){ line.p + s->at, line.n - s->at });
    if (skip == 0) s->column += starts_character(line.p[s->at]);
    s->at += skip ? skip : 1;
}

static size_t width(struct str line)
{
    struct spot s = { 0, 0 };
    while (s.at < line.n) forward(line, &s);
    return s.column;
}

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ') n++;
    return n;
}

/* Columns have two blanks or more between them; those of the left half count, so that there is room. */
static size_t hang_of(struct str line, size_t columns)
{
    size_t hang = indent_of(line) + HANG, blanks = 0;
    for (struct spot s = { indent_of(line), indent_of(line) }; s.at < line.n && s.column <= columns / 2;) {
        if (line.p[s.at] != ' ' && blanks > 1) hang = s.column;
        blanks = line.p[s.at] == ' ' ? blanks + 1 : 0;
        forward(line, &s);
    }
    return hang <= columns / 2 ? hang : HANG;
}

/* The last blank within the room, or else the first one; the line's end where there is none. */
static size_t break_at(struct str line, size_t room)
{
    size_t best = line.n;
    struct spot s = { indent_of(line), indent_of(line) };
    while (s.at < line.n && (s.column <= room || best == line.n)) {
        if (line.p[s.at] == ' ') best = s.at;
        forward(line, &s);
    }
    return best;
}

static void fold_line(struct str line, size_t columns, size_t hang, struct buf *out)
{
    size_t room = columns;
    while (width(line) > room) {
        size_t cut = break_at(line, room);
        struct str head = { line.p, cut }, tail = { line.p + cut, line.n - cut };
        tail = str_trim(tail);
        if (tail.n == 0) break;
        while (head.n && head.p[head.n - 1] == ' ') head.n--;
        buf_add_str(out, head);
        buf_addf(out, "\n%*s", (int)hang, "");
        line = tail;
        room = columns - hang;
    }
    buf_add_str(out, line);
}

void fold_text(struct str text, size_t columns, struct buf *out)
{
    while (columns && text.n) {
        bool ended = str_find(text, "\n") < text.n;
        struct str line = str_next(&text, '\n');
        fold_line(line, columns, hang_of(line, columns), out);
        if (ended) buf_add_z(out, "\n");
    }
    buf_add_str(out, text);
}

void fold_paragraph(struct str text, size_t columns, struct buf *out)
{
    CLEANUP(buf_free) struct buf words = buf_make(out->max);
    if (columns == 0) {
        buf_add_str(out, text);
        return;
    }
    while (text.n) {
        if (words.n) buf_add_z(&words, " ");
        buf_add_str(&words, str_next(&text, '\n'));
    }
    fold_line(buf_str(&words), columns, 0, out);
    if (buf_err(&words) != OK) out->err = buf_err(&words);
}
