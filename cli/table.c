#include "cli/commands.h"

#define NAME_MAX_BYTES 63
#define PATH_MAX_BYTES 700

static const char *const splits[] = { "iid", "dirichlet", NULL };
static const char *const shells[] = { "bash", "zsh", "fish", NULL };

/* clang-format off */
#define PATH(name_, doc_) { .name = (name_), .kind = ARG_TEXT, .min = 1, .max = PATH_MAX_BYTES, .unit = "file", .doc = (doc_) }
#define WORD(name_, need_, doc_) { .name = (name_), .kind = ARG_TEXT, .need = (need_), .min = 1, .max = NAME_MAX_BYTES, .doc = (doc_) }
#define WORD_OF(max_, name_, doc_) { .name = (name_), .kind = ARG_TEXT, .min = 1, .max = (max_), .doc = (doc_) }
#define COUNT(name_, min_, max_, fallback_, unit_, doc_) { .name = (name_), .kind = ARG_COUNT, .min = (min_), .max = (max_), .fallback = (fallback_), .unit = (unit_), .doc = (doc_) }
#define REAL(name_, min_, max_, fallback_, unit_, doc_) { .name = (name_), .kind = ARG_REAL, .min = (min_), .max = (max_), .fallback = (fallback_), .unit = (unit_), .doc = (doc_) }

static const struct argument up_args[] = {
    COUNT("hospitals", 1, 100, NULL, NULL, "how many hospitals"),
    PATH("config", "a federation.yaml that says all of this and more"),
    PATH("records", "CSV file dealt out to the hospitals by rows"),
    PATH("task", "task document the coordinator gets to know"),
    PATH("policy", "the hospitals' first policy; later each hospital changes its own"),
    { .name = "split", .kind = ARG_CHOICE, .choices = splits, .doc = "how records are dealt out: alike, or with label skew" },
    REAL("alpha", 0.001, 1e6, NULL, NULL, "of the Dirichlet split; small is extreme"),
    COUNT("seed", 0, 9007199254740992.0, NULL, NULL, "of the split"),
    COUNT("wait", 1, 3600, "60", "seconds", "how long the agents may take to get ready"),
    CLI_SWITCH("secure", "the example whose updates only leave in secure sums, with noise that hides each patient"),
    CLI_SWITCH("guardian", "with a privacy guardian: no round without its permit"),
    CLI_SWITCH("foreground", "stay, and end everything on Ctrl-C"),
    { 0 },
};
static const struct argument down_args[] = {
    COUNT("wait", 1, 3600, "30", "seconds", "how long they may take before they are killed"), { 0 },
};
static const struct argument start_args[] = {
    WORD("task", ARG_REQUIRED, "the task's name; `himas tasks list` shows them"),
    COUNT("rounds", 1, 1e6, NULL, "rounds", "fewer than the task has"),
    COUNT("quorum", 1, 1e5, NULL, "hospitals", "more than the task needs"),
    CLI_SWITCH("watch", "then follow the run"),
    { 0 },
};
static const struct argument watch_args[] = {
    WORD("run", ARG_OPTIONAL, "the run; otherwise the one going on, or the next"),
    COUNT("wait", 1, 86400, NULL, "seconds", "give up when nothing happens for so long"),
    { 0 },
};
static const struct argument run_args[] = { WORD("run", ARG_OPTIONAL, "the run; otherwise the one going on"), { 0 } };
static const struct argument run_show_args[] = { WORD("run", ARG_REQUIRED, "the run"), { 0 } };
static const struct argument task_args[] = { WORD("task", ARG_REQUIRED, "the task's name"), { 0 } };
static const struct argument model_args[] = {
    WORD("task", ARG_REQUIRED, "the task the model is of"),
    COUNT("version", 1, 1e9, NULL, NULL, "otherwise the newest"),
    { 0 },
};
static const struct argument export_args[] = {
    WORD("task", ARG_REQUIRED, "the task the model is of"),
    COUNT("version", 1, 1e9, NULL, NULL, "otherwise the newest"),
    PATH("file", "copy the weights here too, and the card beside them as FILE.card.json"),
    { 0 },
};
static const struct argument keys_args[] = {
    { .name = "file", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = PATH_MAX_BYTES, .doc = "the file of the key" }, { 0 },
};
static const struct argument enrol_request_args[] = {
    { .name = "key", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = PATH_MAX_BYTES, .doc = "the file of the hospital's key; `himas keys new` makes one" },
    { .name = "jid", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 3, .max = 255, .doc = "the account its trainer will have, as the operator told it" },
    WORD("name", ARG_OPTIONAL, "its name for people; otherwise the account's"),
    { .name = "file", .kind = ARG_TEXT, .min = 1, .max = PATH_MAX_BYTES, .unit = "file", .fallback = "himas.request", .doc = "where the request is written" },
    { 0 },
};
#define KEEPER \
    PATH("roster", "the federation's roster; otherwise the folder's"), \
    PATH("key", "the federation's key, which signs the roster; otherwise the folder's")
static const struct argument enrol_accept_args[] = {
    { .name = "request", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = PATH_MAX_BYTES, .doc = "the file the hospital sent" },
    { .name = "fingerprint", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = 39, .doc = "as the hospital told it, not as the file's sender did" },
    KEEPER, { 0 },
};
static const struct argument enrol_revoke_args[] = {
    { .name = "member", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = 255, .doc = "its name or JID" }, KEEPER, { 0 },
};
static const struct argument simulate_args[] = {
    COUNT("sites", 1, 20000, "10", NULL, "hospitals"),
    COUNT("rounds", 1, 1e6, NULL, "rounds", "instead of as many as the task has"),
    COUNT("seed", 0, 9007199254740992.0, "1", NULL, "of everything: the same number gives the same simulation"),
    COUNT("delay", 0, 1e6, "50", "ms", "longest delay of a message"),
    REAL("drop", 0, 1, "0", NULL, "chance that a message is lost"),
    REAL("duplicate", 0, 1, "0", NULL, "chance that it comes twice"),
    REAL("kill", 0, 1, "0", "a second", "chance that an agent is killed, and comes back from its store"),
    PATH("records", "CSV file dealt out to the hospitals"),
    PATH("task", "task document"),
    { .name = "split", .kind = ARG_CHOICE, .choices = splits, .fallback = "iid", .doc = "how records are dealt out" },
    REAL("alpha", 0.001, 1e6, "0.5", NULL, "of the Dirichlet split"),
    PATH("svg", "write a picture of the convergence"),
    { 0 },
};
static const struct argument doctor_args[] = {
    WORD("agent", ARG_OPTIONAL, "one agent of the folder; otherwise all"),
    PATH("config", "an agent's config.yaml, where there is no folder of `himas up`"),
    PATH("task", "a task document that the records must serve; with --config"),
    { 0 },
};
static const struct argument compare_args[] = {
    WORD("task", ARG_OPTIONAL, "the task; otherwise the folder's first"),
    COUNT("version", 1, 1e9, NULL, NULL, "of the model; otherwise the newest"),
    REAL("tolerance", 0, 1, "0.01", NULL, "largest difference of AUC to pooled training"),
    { 0 },
};
#define SAMPLING \
    REAL("q", 0, 1, "1", NULL, "chance of a record to be in a step; 1 is the full batch"), \
    COUNT("steps", 1, 1e12, "1", "steps", "how many"), \
    REAL("delta", 0, 1, "1e-5", NULL, "chance that is left to failure"), \
    REAL("interval", 1e-6, 1, "1e-4", NULL, "of the grid of PLD; coarser where there are too many losses"), \
    CLI_SWITCH("distributed", "noise in shares, in one secure sum a step (docs/TASK.md), of which a few more than the steps are reckoned with")
static const struct argument privacy_epsilon_args[] = {
    { .name = "sigma", .kind = ARG_REAL, .need = ARG_REQUIRED, .min = 0, .max = 1e6, .doc = "noise multiplier: standard deviation over the clip bound" },
    SAMPLING, { 0 },
};
static const struct argument privacy_sigma_args[] = {
    { .name = "epsilon", .kind = ARG_REAL, .need = ARG_REQUIRED, .min = 0, .max = 1e6, .doc = "what all steps together may cost" },
    SAMPLING, { 0 },
};
static const struct argument privacy_audit_args[] = {
    WORD("agent", ARG_OPTIONAL, "the hospital's trainer, asked over the broker; or else --task and --records"),
    WORD("task", ARG_OPTIONAL, "task file, for an audit here and now without any agent"),
    WORD("records", ARG_OPTIONAL, "CSV file of records, with --task"),
    COUNT("canaries", 0, 20000, "2000", NULL, "made-up records, each in training by a fair coin; 0 for none"),
    COUNT("rounds", 0, 1000, "0", "rounds", "of the training that is attacked; 0 as many as the task has"),
    { 0 },
};
#define SIGNERS \
    PATH("roster", "the roster that says whose log it is, and who its witnesses are; otherwise the folder's"), \
    WORD_OF(700, "roster_key", "the key that signs the roster, as `himas enrol accept` printed it; otherwise the file is believed"), \
    WORD_OF(700, "key", "the log's key alone, instead of a roster: name+id+base64; then only witnesses that the log names are known")
static const struct argument audit_verify_args[] = {
    { .name = "file", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = PATH_MAX_BYTES, .doc = "a log, or a proof cut from one" },
    COUNT("quorum", 0, 1000, "0", "witnesses", "so many must have signed the newest checkpoint"),
    SIGNERS, { 0 },
};
static const struct argument audit_prove_args[] = {
    { .name = "file", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = PATH_MAX_BYTES, .doc = "a log" },
    { .name = "entry", .kind = ARG_COUNT, .need = ARG_REQUIRED, .min = 0, .max = 9007199254740992.0, .doc = "its number; the first is 0" },
    PATH("out", "file to write; otherwise entry-N.proof"),
    SIGNERS, { 0 },
};
static const struct argument audit_export_args[] = {
    { .name = "out", .kind = ARG_TEXT, .min = 1, .max = PATH_MAX_BYTES, .unit = "file", .fallback = "himas.log", .doc = "file to write" },
    COUNT("quorum", 0, 1000, "0", "witnesses", "so many must have signed the newest checkpoint"),
    SIGNERS, { 0 },
};
static const struct argument report_args[] = {
    WORD("out", ARG_OPTIONAL, "file to write, Markdown; otherwise to standard output"),
    WORD("results", ARG_OPTIONAL, "folder with test results (*.tap), for example build/release/results"),
    { 0 },
};
static const struct argument help_args[] = {
    { .name = "subcommand", .kind = ARG_TEXT, .min = 1, .max = NAME_MAX_BYTES, .doc = "its name" },
    { .name = "word", .kind = ARG_TEXT, .min = 1, .max = NAME_MAX_BYTES, .doc = "its second word" },
    { 0 },
};
static const struct argument completion_args[] = {
    { .name = "shell", .kind = ARG_CHOICE, .need = ARG_REQUIRED, .choices = shells, .doc = "bash, zsh or fish" }, { 0 },
};

const struct subcommand cli_subcommands[] = {
    { .name = "up", .args = up_args, .run = run_up,
      .doc = "make and start a federation: a private broker, a coordinator, hospitals",
      .more = "What is there already is kept: running it again starts what is down and changes nothing else. Without\n"
              "--records and --task the hospitals share the breast cancer example. Processes that end are started\n"
              "again; what they say is in logs/ of the folder.",
      .examples = "himas up  # three hospitals, the breast cancer example\n"
                  "himas up --hospitals 5 --split dirichlet --alpha 0.3  # five, with unlike patients\n"
                  "himas up --guardian  # each round needs the privacy guardian's permit\n"
                  "himas up --records heart.csv --task heart.yaml  # your own records and task\n"
                  "himas up --config federation.yaml --data /srv/himas --foreground  # as a service\n" },
    { .name = "down", .args = down_args, .run = run_down, .doc = "stop all of it; the folder stays",
      .examples = "himas down  # within 30 seconds\n" },
    { .name = "status", .run = run_status, .doc = "processes, runs, and whom they wait for",
      .more = "The processes, a line each, the runs in words, and the runs, a line each. In a pipe each stays one line, however\n"
              "wide, with two blanks or more between cells: `awk -F '  +'` takes them apart, and COLUMNS=100 folds them.",
      .examples = "himas status  # for people\nhimas status | grep hospital-b  # one process\n"
                  "himas status --json  # for programs\n" },
    { .name = "start", .args = start_args, .npositional = 1, .run = run_start, .doc = "start a run of a task",
      .examples = "himas start breast-cancer --watch  # and look on\nhimas start breast-cancer --rounds 3  # a short one\n" },
    { .name = "watch", .args = watch_args, .npositional = 1, .run = run_watch,
      .doc = "follow a run: rounds, who is in, loss, privacy spent, and a feed in plain words",
      .more = "Ends with the run: with 0 when it is done, and with an error when it failed or was aborted. Where the\n"
              "output is no terminal it is the feed alone, a line an event.",
      .examples = "himas watch  # the run going on\nhimas watch breast-cancer-3 | tee run.log  # the feed as lines\n" },
    { .name = "ask", .any = true, .run = run_ask, .doc = "run any command of any agent",
      .more = "The agent is a name of the roster. `himas ask AGENT help` lists its commands.",
      .examples = "himas ask coordinator help  # what may be asked\n"
                  "himas ask hospital-a status  # a hospital's own view\n"
                  "himas ask coordinator start breast-cancer --rounds 5  # what `himas start` does\n" },
    { .name = "trainers", .run = run_thin, .doc = "which hospitals are here, and what they are doing" },
    { .name = "tasks list", .run = run_thin, .doc = "what can be learned here" },
    { .name = "tasks show", .args = task_args, .npositional = 1, .run = run_thin, .doc = "a task's document" },
    { .name = "tasks digest", .args = task_args, .npositional = 1, .run = run_thin, .doc = "a task's SHA-256, for a site policy" },
    { .name = "runs list", .run = run_thin, .doc = "runs so far" },
    { .name = "runs show", .args = run_show_args, .npositional = 1, .run = run_thin, .doc = "one run, round by round",
      .examples = "himas runs show breast-cancer-3  # all of it\n" },
    { .name = "pause", .args = run_args, .npositional = 1, .run = run_thin, .doc = "pause a run after its present round" },
    { .name = "resume", .args = run_args, .npositional = 1, .run = run_thin, .doc = "go on with a paused run" },
    { .name = "abort", .args = run_args, .npositional = 1, .run = run_thin, .doc = "end a run; its last model is kept" },
    { .name = "models list", .run = run_thin, .doc = "models of the registry" },
    { .name = "models show", .args = model_args, .npositional = 2, .run = run_thin, .doc = "a model's card: origin, quality, privacy" },
    { .name = "models export", .args = export_args, .npositional = 2, .run = run_export, .doc = "a model as safetensors, with its card",
      .examples = "himas models export breast-cancer --file bc.safetensors  # the newest version\n" },
    { .name = "doctor", .args = doctor_args, .npositional = 1, .run = run_doctor,
      .doc = "look for what is wrong around an agent, and say what to do",
      .more = "Looks, in order, at settings, clock, secrets, files, roster, disk, store, policy, records, and at the way to\n"
              "the broker and what it bears: name, port, first words, TLS and login, time, modules, versions, upload, pace and\n"
              "longest stanza. The first cause is the last line, and the exit code is that of its kind of error.",
      .examples = "himas doctor hospital-a  # why does it not come up?\n"
                  "himas doctor  # all agents of the folder\n"
                  "himas doctor --config /etc/himas/trainer.yaml --task heart.yaml  # at a hospital\n" },
    { .name = "simulate", .args = simulate_args, .doc = "the same agents in virtual time, with faults, from one seed",
      .examples = "himas simulate --sites 50  # fifty hospitals\n"
                  "himas simulate --drop 0.05 --kill 0.001 --seed 7  # on a bad day\n"
                  "himas simulate --sites 20 --split dirichlet --svg run.svg  # with a picture\n" },
    { .name = "compare", .args = compare_args, .npositional = 1,
      .doc = "the federation's model beside each hospital alone and beside pooled training",
      .more = "For a folder made by `himas up`, where all records are at hand. Everything is trained for the same number\n"
              "of passes and scored on the held-out records of all hospitals. Ends with an error when the federation\n"
              "and pooled training differ by more than the tolerance.",
      .examples = "himas compare  # after a run\nhimas compare --json  # for programs\n" },
    { .name = "privacy epsilon", .args = privacy_epsilon_args,
      .doc = "what training with noise costs, by two accountants",
      .more = "Each record joins a step by itself with probability q; the sum of clipped gradients gets Gaussian noise.\n"
              "RDP is quick and may be summed over rounds; PLD is tight. Both are upper bounds for one record more or\n"
              "less. Batches of a fixed size are not covered.",
      .examples = "himas privacy epsilon --sigma 1.1 --q 0.01 --steps 10000 --delta 1e-5  # RDP and PLD side by side\n"
                  "himas privacy epsilon --sigma 4 --steps 100 --json  # the full batch, for programs\n"
                  "himas privacy epsilon --distributed --sigma 2 --q 0.05 --steps 100  # in shares, 100 rounds of secure sums\n" },
    { .name = "privacy sigma", .args = privacy_sigma_args,
      .doc = "the least noise that keeps training within a budget, by two accountants",
      .more = "The noise that is printed keeps the epsilon beside it, which is at most the one asked for.",
      .examples = "himas privacy sigma --epsilon 3 --q 0.01 --steps 1000 --delta 1e-5  # RDP and PLD side by side\n"
                  "himas privacy sigma --distributed --epsilon 8 --q 0.05 --steps 100  # what such a task's headers have\n" },
    { .name = "privacy audit", .args = privacy_audit_args, .npositional = 1,
      .doc = "attack a training on a hospital's records, and tell what the model gives away",
      .more = "A model is trained as in a run, with the task's noise, and attacked: by its losses, by its losses compared\n"
              "with another model's, and by canaries, made-up records that a fair coin puts into training. For each attack:\n"
              "accuracy, AUC, a grade in words, whether the model is vulnerable, and what that means. A grade needs 1000\n"
              "records that were not trained on. When the canaries prove a larger epsilon than is claimed, the trainer stops.",
      .examples = "himas privacy audit hospital-a  # asks the hospital's trainer\n"
                  "himas privacy audit --task task.yaml --records records.csv  # offline, at the hospital\n"
                  "himas privacy audit hospital-a --canaries 5000 --json  # for programs\n" },
    { .name = "audit verify", .args = audit_verify_args, .npositional = 1,
      .doc = "check a transparency log, or a proof cut from one, without the federation",
      .more = "Every entry's hash, every checkpoint's signatures, and that each checkpoint is over the entries before it.\n"
              "When something was changed, left out or added, the first place is named, and the exit code is not 0.",
      .examples = "himas audit verify himas.log  # against the folder's roster\n"
                  "himas audit verify himas.log --roster roster.yaml --roster_key himas-roster+...  # anywhere\n"
                  "himas audit verify entry-12.proof --quorum 3  # a proof, signed by three hospitals\n" },
    { .name = "audit prove", .args = audit_prove_args, .npositional = 2,
      .doc = "cut the proof that an entry is in a log",
      .more = "The proof (C2SP tlog-proof) holds the entry, its place, a few hashes and the signed checkpoint: whoever gets\n"
              "it can check the one entry, and learns nothing of the others.",
      .examples = "himas audit prove himas.log 12  # writes entry-12.proof\n"
                  "himas audit prove himas.log 12 --out consent.proof  # under another name\n" },
    { .name = "audit export", .args = audit_export_args,
      .doc = "the running guardian's transparency log as a file, checked",
      .more = "A new checkpoint is signed first, so that all that happened so far is in it.",
      .examples = "himas audit export  # writes himas.log\n"
                  "himas audit export --out 2026-11.log  # under another name\n" },
    { .name = "report hipaa", .args = report_args, .run = run_report_hipaa,
      .doc = "what of 45 CFR 164.312 the configuration and the tests show",
      .more = "Reads the folder's broker configuration, settings, policies and roster, and test results where they are named.\n"
              "For each clause: the control, the settings found, the tests and how they ended, and the gap. Nothing is\n"
              "claimed that was not found.",
      .examples = "himas report hipaa --out hipaa.md  # from the configuration alone\n"
                  "himas report hipaa --results build/release/results --out hipaa.md  # with the tests' evidence\n" },
    { .name = "keys new", .args = keys_args, .npositional = 1, .run = run_keys_new, .doc = "make an agent's identity",
      .examples = "himas keys new identity.key  # and print the public halves for the roster\n" },
    { .name = "keys rotate", .args = keys_args, .npositional = 1, .run = run_keys_rotate,
      .doc = "make a new identity; FILE.previous still opens what was sealed to the old one",
      .examples = "himas keys rotate identity.key  # and put the printed halves into every roster\n" },
    { .name = "keys show", .args = keys_args, .npositional = 1, .run = run_keys_show, .doc = "print an identity's public halves and fingerprint" },
    { .name = "enrol request", .args = enrol_request_args, .npositional = 1, .run = run_enrol_request,
      .doc = "at a hospital: write the request to become a member",
      .more = "The request holds account, name and public keys, signed by the hospital's own key. Send the file; tell the\n"
              "fingerprint by another way, by telephone for example. docs/ENROLMENT.md has all steps.",
      .examples = "himas enrol request hospital-d.key --jid hospital-d@himas.example  # writes himas.request\n" },
    { .name = "enrol accept", .args = enrol_accept_args, .npositional = 1, .run = run_enrol_accept,
      .doc = "at the operator: make who asks a member, and sign the roster",
      .more = "Refused unless the request was signed by a key of this fingerprint. The roster gets the next version and a\n"
              "new signature; running agents take it within a second or two. Where the account belongs to the folder's own\n"
              "broker it is made too.",
      .examples = "himas enrol accept himas.request --fingerprint 1f0c-9a2b-...  # as read out on the telephone\n" },
    { .name = "enrol revoke", .args = enrol_revoke_args, .npositional = 1, .run = run_enrol_revoke,
      .doc = "at the operator: take a member off the roster, and sign it",
      .more = "Running agents refuse it within a second or two. Its account at the broker of `himas up` is closed;\nof another broker the command is said. It may ask again, with another key.",
      .examples = "himas enrol revoke hospital-d  # at once\n" },
    { .name = "completion", .args = completion_args, .npositional = 1, .run = run_completion, .doc = "print a shell's completion",
      .examples = "source <(himas completion bash)  # now\nhimas completion fish | source  # in fish\n" },
    { .name = "man", .run = run_man, .doc = "print the manual page", .examples = "himas man > himas.1  # then: man ./himas.1\n" },
    { .name = "help", .args = help_args, .npositional = 2, .run = run_help, .doc = "explain a subcommand",
      .examples = "himas help up  # its options and examples\n" },
    { .name = "version", .run = run_version, .doc = "print the version" },
    { 0 },
};
/* clang-format on */
