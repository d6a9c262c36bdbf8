/* 45 CFR 164.312, each standard and specification, what himas has for it, and where that shows. */
#include "cli/hipaa.h"

#define SETTING(source, find, means)                                                                                   \
    {                                                                                                                  \
        HIPAA_LINE, source, find, 0, 0, means                                                                          \
    }
#define MEMBERS(role, least, means)                                                                                    \
    {                                                                                                                  \
        HIPAA_MEMBERS, HIPAA_AGENT, NULL, role, least, means                                                           \
    }
#define NOBODY_READS(source, means)                                                                                    \
    {                                                                                                                  \
        HIPAA_PRIVATE, source, NULL, 0, 0, means                                                                       \
    }
#define KEYS(means)                                                                                                    \
    {                                                                                                                  \
        HIPAA_KEYS, HIPAA_AGENT, NULL, 0, 0, means                                                                     \
    }

/* clang-format off */
const struct hipaa_row hipaa_rows[] = {
    { "164.312(a)(1)", "access control", "standard",
      "Roles come from the roster, by the authenticated account, and are asked for each message and command; a hospital's policy, without which nothing leaves, decides what is done with its records.",
      { SETTING(HIPAA_AGENT, "roster:", "each agent asks a roster who may do what"),
        SETTING(HIPAA_BROKER, "allow_registration = false", "nobody makes an account of their own"),
        SETTING(HIPAA_POLICY, "min_cohort:", "a least cohort") },
      { "who_may", "role", "hostile:", "policy::", "admit::" }, NULL },
    { "164.312(a)(2)(i)", "unique user identification", "required",
      "Each agent and each person has an account and a place in the roster of their own; an agent signs with its own key.",
      { KEYS("a key of its own for every agent"),
        SETTING(HIPAA_AGENT, "identity:", "each agent holds its own secret key") },
      { "roster::", "identity::", "enrol" }, NULL },
    { "164.312(a)(2)(ii)", "emergency access procedure", "required",
      "Break-glass: two officers, one named run, a bounded time, each act logged as an error, a review before more is opened.",
      { MEMBERS(ROLE_OFFICER, 2, "two privacy officers, so that one can confirm what the other asks"),
        MEMBERS(ROLE_GUARDIAN, 1, "a guardian, which keeps the book") },
      { "breakglass" }, NULL },
    { "164.312(a)(2)(iii)", "automatic logoff", "addressable",
      "A person's rate of commands is bounded and a cut session ends; there is no idle timeout.",
      { SETTING(HIPAA_BROKER, "smacks_hibernation_time", "how long a cut session may be resumed") },
      { NULL }, "an idle session of a person is ended by the chat client or the operating system, not by himas" },
    { "164.312(a)(2)(iv)", "encryption and decryption at rest", "addressable",
      "Secrets, stores and records are files of their owner alone; keys and records are wiped from memory.",
      { NOBODY_READS(HIPAA_AGENT, "agents' files for their owner alone"),
        NOBODY_READS(HIPAA_BROKER, "the broker's files for its owner alone") },
      { "secret::", "seal::" }, "records and stores are not encrypted on the disk by himas: use an encrypted volume" },
    { "164.312(b)", "audit controls", "standard",
      "Each act is a line in a structured log without free text of patients; privacy spent is a ledger that is durable before noise is drawn; Merkle trees and signed checkpoints are there for a transparency log.",
      { SETTING(HIPAA_AGENT, "store:", "each agent keeps a durable store"),
        MEMBERS(ROLE_GUARDIAN, 1, "a guardian, which keeps the transparency log") },
      { "log::", "budget::", "merkle::", "note_checkpoint::", "screen::" },
      "logs must be kept six years (164.316(b)(2)(i)): their keeping is the site's" },
    { "164.312(c)(1)", "integrity", "standard",
      "No update is counted twice and none is lost once acknowledged; a damaged store or ledger is refused.",
      { SETTING(HIPAA_AGENT, "store:", "state in transactions") },
      { "delivery", "kills:", "survive:", "journal::", "store" }, NULL },
    { "164.312(c)(2)", "mechanism to authenticate electronic PHI", "addressable",
      "Models and updates are sealed for one receiver and told by their SHA-256; the roster is signed.",
      { SETTING(HIPAA_AGENT, "roster_key:", "only the roster that the federation signed") },
      { "seal::", "core_seals::", "manifest", "sign::", "roster_key" }, NULL },
    { "164.312(d)", "person or entity authentication", "standard",
      "SCRAM over TLS with an account each; agents pin the certificate authority; enrolment by fingerprint; whoever is taken off the roster is refused within a second.",
      { SETTING(HIPAA_BROKER, "authentication = \"internal_hashed\"", "passwords are kept hashed"),
        SETTING(HIPAA_AGENT, "ca_file:", "agents trust one named authority"),
        SETTING(HIPAA_AGENT, "password_file:", "passwords come from files") },
      { "tls:", "enrol", "people:" }, "people log in by a password alone: a second factor is the chat client's or the site's" },
    { "164.312(e)(1)", "transmission security", "standard",
      "Agents only dial out; nothing listens but the broker; free text that looks like a patient's does not leave.",
      { SETTING(HIPAA_BROKER, "s2s_ports = {}", "the broker talks to no other server"),
        SETTING(HIPAA_BROKER, "interfaces =", "where the broker listens is named") },
      { "tls:", "phi::", "screen::" }, NULL },
    { "164.312(e)(2)(i)", "integrity controls", "addressable",
      "Each attachment is hashed and sealed (AEAD), each message numbered; repeats and gaps are seen.",
      { SETTING(HIPAA_AGENT, "identity:", "attachments are sealed to a key") },
      { "aead::", "core_inbox::", "core_attach", "transport:" }, NULL },
    { "164.312(e)(2)(ii)", "encryption", "addressable",
      "TLS 1.2 or later before anything else; models and updates are encrypted for the receiver, so that the broker cannot read them.",
      { SETTING(HIPAA_BROKER, "c2s_require_encryption = true", "no login without TLS"),
        SETTING(HIPAA_BROKER, "allow_unencrypted_plain_auth = false", "no password in clear") },
      { "tls:", "hkdf::", "x25519::" }, NULL },
    { NULL, NULL, NULL, NULL, { { HIPAA_NO_PROBE, HIPAA_BROKER, NULL, 0, 0, NULL } }, { NULL }, NULL },
};
/* clang-format on */
