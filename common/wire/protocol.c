/* docs/PROTOCOL.md, printed from the schema. */
#include "common/wire/codec.h"

static const char intro[] =
    "# Protocol\n\n"
    "Printed from `common/wire/schema.h`; schema version %d, and messages from version %d on are read.\n\n"
    "## On the wire\n\n"
    "One XMPP `<message type=\"chat\">` carries one message: its `<body>` is the JSON below, and a `jabber:x:data` "
    "form\n"
    "(XEP-0004) titled `spade:x:metadata` carries `performative`, `ontology` (always `himas`) and `_thread_node` (the "
    "run),\n"
    "so that a SPADE agent is a full citizen. A stanza with a body and without that form is a person chatting.\n\n"
    "The sender is the authenticated JID; what it may send follows from its role in the roster. Every field is "
    "required;\n"
    "an unknown, missing or repeated field, a number out of range or not finite gets an `error` and is counted.\n\n"
    "## Versions\n\n"
    "Every message says its version. One that is newer than the receiver's, or older than the oldest it reads, is "
    "refused with\n"
    "an `error` that says which side to update. An agent writes to a peer in the version that peer last wrote in; to "
    "one it\n"
    "has not heard yet, in its own. It shows its version as a feature of XEP-0030: `urn:himas:schema:` and the number. "
    "So a\n"
    "federation is updated agent by agent, the coordinator first, while it runs.\n\n"
    "## Envelope\n\n"
    "| field | kind | meaning |\n|---|---|---|\n"
    "| `version` | whole number | schema version, %d to %d |\n"
    "| `type` | text | one of the messages below |\n"
    "| `id` | text | `<epoch hex>-<number>`; numbers rise by one per receiver, the epoch rises when the sender lost "
    "its store; "
    "empty on plain messages |\n"
    "| `in_reply_to` | text | the id this answers, or empty |\n"
    "| `run` | text | the run, or empty |\n"
    "| `round` | whole number | the round, or 0 |\n"
    "| `stage` | text | the run's state at the sender, or empty |\n"
    "| `sent_at_ms` | whole number | the sender's wall clock, ms since 1970 UTC |\n"
    "| `ttl_ms` | whole number | not worth delivering later than this after `sent_at_ms`; 0: as long as it takes |\n"
    "| `ack` | list of texts | ids the sender has handled, at most %d |\n\n"
    "An *acked* message is sent again, with the same id, until its id comes back in somebody's `ack`; the receiver "
    "handles it\n"
    "once. An `error` whose `in_reply_to` is the id ends the sending too. A *plain* one may be lost. `ack` rides on "
    "any message to that peer, or comes alone in a message of type "
    "`ack`.\n\n"
    "## Attachments\n\n"
    "Models and updates are safetensors bytes, sealed for the one receiver. The field holds\n"
    "`{\"media\", \"bytes\", \"sha256\", \"key\", \"inline\"}` or, when it is large, `chunks` in place of `inline`. "
    "`inline` is a number:\n"
    "so many characters, the sealed bytes in base64, stand behind the message's JSON and a newline; in version 1 it is "
    "that text itself.\n"
    "`chunks` is\n"
    "a list of `{\"sha256\", \"bytes\", \"url\"}`. `bytes` and `sha256` are of the plain bytes; those of a chunk are "
    "of the sealed\n"
    "chunk. `key` is the content key wrapped for the receiver's X25519 key; see `common/crypto/seal.h`.\n\n"
    "## Score histograms\n\n"
    "`evaluation` carries, per class scored, equally many bins for true and for other records. A score with log-odds z "
    "falls by\n"
    "u = p/2 + q/2, where p = 1/(1+exp(-z)) and q = 1/(1+exp(-z/4)), into bin floor(u * bins), the last one for u = 1: "
    "equal steps\n"
    "of p alone would put too many sure scores into one bin.\n\n"
    "## Messages\n";

static void print_field(const struct msg_field *f, struct buf *out)
{
    static const struct {
        const char *name, *unit;
    } kinds[] = {
        [FIELD_KIND_u64] = { "whole number", "" },    [FIELD_KIND_f64] = { "number", "" },
        [FIELD_KIND_str] = { "text", " bytes" },      [FIELD_KIND_text] = { "free text", " bytes" },
        [FIELD_KIND_vec] = { "numbers", " numbers" }, [FIELD_KIND_blob] = { "attachment", " bytes" },
    };
    buf_addf(out, "| `%s` | %s | %g to %g%s | %s", f->name, kinds[f->kind].name, f->min, f->max, kinds[f->kind].unit,
             f->doc);
    if (f->since) buf_addf(out, "; since version %u", f->since);
    buf_add_z(out, " |\n");
}

static void print_message(enum msg_type t, struct buf *out)
{
    const struct msg_desc *d = msg_desc(t);
    char who[256];
    buf_addf(out, "\n### %s\n\n%s. From: %s. %s; performative `%s`; since version %u.\n", d->name, d->doc,
             d->roles == ROLE_ANYONE ? "anyone in the roster" : role_list(d->roles, who, sizeof who),
             d->delivery == DELIVERY_ACKED ? "Acked" : "Plain", msg_performative(t), d->since);
    if (d->nfields > 0) buf_add_z(out, "\n| field | kind | range | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < d->nfields; i++) print_field(&d->fields[i], out);
}

void msg_print_protocol(struct buf *out)
{
    buf_addf(out, intro, SCHEMA_VERSION, SCHEMA_MIN_VERSION, SCHEMA_MIN_VERSION, SCHEMA_VERSION, MSG_MAX_ACKS);
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++) print_message(t, out);
}
