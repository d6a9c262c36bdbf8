#include "common/runtime/describe.h"
#include <stdio.h>
#include <string.h>

bool describe_command_line(int argc, char **argv, struct command_line *out)
{
    static const struct {
        const char *option;
        enum page page;
    } pages[] = {
        { "--help", PAGE_HELP },         { "-h", PAGE_HELP },       { "--version", PAGE_VERSION },
        { "--describe", PAGE_DESCRIBE }, { "--check", PAGE_CHECK },
    };
    const struct {
        const char *option;
        const char **value;
    } files[] = { { "--config", &out->config }, { "--against", &out->against } };
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        bool taken = false;
        for (size_t k = 0; k < sizeof pages / sizeof pages[0]; k++)
            if (strcmp(argv[i], pages[k].option) == 0) {
                out->page = pages[k].page;
                taken = true;
            }
        for (size_t k = 0; !taken && k < sizeof files / sizeof files[0]; k++) {
            if (strcmp(argv[i], files[k].option) != 0) continue;
            if (i + 1 >= argc) {
                (void)fprintf(stderr, "%s: %s wants a file; see --help\n", argv[0], argv[i]);
                return false;
            }
            *files[k].value = argv[++i];
            taken = true;
        }
        if (!taken) argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    out->rest = argv + 1;
    return true;
}

static void print_help(const struct agent_def *def, const struct setting *const *tables, struct buf *out)
{
    buf_addf(out, "himas-%s -- %s\n\nusage: himas-%s [--config FILE] [--<setting> VALUE]...\n", def->name, def->doc,
             def->name);
    buf_add_z(out, "       himas-");
    buf_addf(out, "%s --help | --version | --describe | --check [--against FILE]\n\n", def->name);
    buf_add_z(out, "Settings come from a YAML file, then the environment (HIMAS_<SETTING>), then the command line; the "
                   "last wins.\n\n");
    settings_print_help(tables, out);
    buf_add_z(out,
              "\n--check says what is wrong with the settings and the files they name, without starting; --against "
              "compares with a task document too.\n");
    if (def->examples) buf_addf(out, "\nexamples:\n%s", def->examples);
    buf_add_z(out, "\nExit codes: 0 stopped as asked, 64 usage, 65 data, 69 network, 70 a defect, 74 disk, 78 "
                   "settings; docs/ERRORS.md has them all.\n");
}

static void print_settings(const struct setting *const *tables, struct buf *out)
{
    buf_add_z(out, "settings\n");
    for (; *tables; tables++)
        for (const struct setting *s = *tables; s->name; s++)
            buf_addf(out, "  %s = %s  # %s\n", s->name, s->fallback ? s->fallback : "(required)", s->doc);
}

static void print_handlers(const struct agent_def *def, struct buf *out)
{
    char who[256];
    buf_add_z(out, "handles\n");
    for (const struct agent_handler *h = def->handlers; h && h->on != MSG_NONE; h++) {
        buf_addf(out, "  %s from %s", msg_desc(h->on)->name, role_list(msg_desc(h->on)->roles, who, sizeof who));
        if (h->reply != MSG_NONE) buf_addf(out, " -> %s", msg_desc(h->reply)->name);
        buf_add_z(out, "\n");
    }
}

static void print_commands(const struct agent_def *def, struct buf *out)
{
    char who[256];
    buf_add_z(out, "commands\n");
    for (const struct command *c = def->commands; c && c->name; c++) {
        buf_addf(out, "  %s", c->name);
        for (const struct argument *g = c->args; g && g->name; g++)
            buf_addf(out, g->need == ARG_REQUIRED ? " <%s>" : " [%s]", g->name);
        buf_addf(out, "  # %s (%s)\n", c->doc, role_list(c->roles, who, sizeof who));
    }
}

static void print_describe(const struct agent_def *def, const struct setting *const *tables, struct buf *out)
{
    buf_addf(out, "%s -- %s\nrole %s\n", def->name, def->doc, role_name(def->role));
    print_settings(tables, out);
    print_handlers(def, out);
    print_commands(def, out);
    buf_add_z(out, "tickers\n");
    for (const struct agent_ticker *t = def->tickers; t && t->period_setting; t++)
        buf_addf(out, "  every %s\n", t->period_setting);
}

void describe_page(enum page page, const struct agent_def *def, const struct setting *const *tables, struct buf *out)
{
    if (page == PAGE_HELP) print_help(def, tables, out);
    if (page == PAGE_VERSION) buf_addf(out, "himas-%s %s\n", def->name, HIMAS_VERSION);
    if (page == PAGE_DESCRIBE) print_describe(def, tables, out);
}
