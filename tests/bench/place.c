#include "tests/bench/place.h"
#include "common/base/file.h"
#include "common/crypto/encode.h"
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACCOUNTS_DIR "data/bench%2elocal/accounts" /* Prosody writes a dot so */
#define PLACE_FOLDERS "/tmp/himas-bench-"
enum { LOW = 1024 };

void place_shell(const char *format, ...)
{
    char command[2048];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof command || system(command) != 0) report_die("failed: %s", command);
}

static void read_text(const char *dir, const char *name, char *out, size_t size)
{
    char path[PLACE_PATH_BYTES + 64];
    struct buf text = buf_make(size - 1);
    struct why why = { "" };
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    report_need(file_read(path, &text, &why), &why, path);
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    buf_free(&text);
}

static unsigned port_of(const char *dir, const char *name)
{
    char text[256];
    read_text(dir, "ports", text, sizeof text);
    const char *at = strstr(text, name);
    return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : 0;
}

/* The owner's processes hold a lock as long as one of them lives. */
static int own(const char *dir)
{
    char path[PLACE_PATH_BYTES + 16];
    (void)snprintf(path, sizeof path, "%s/owner", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    if (fd >= 0) (void)close(fd);
    return -1;
}

/* Who was killed left its folder behind. */
static void sweep(void)
{
    char path[PLACE_PATH_BYTES + 16];
    glob_t found;
    if (glob(PLACE_FOLDERS "*", GLOB_ONLYDIR, NULL, &found) != 0) return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        (void)snprintf(path, sizeof path, "%s/owner", found.gl_pathv[i]);
        int fd = access(path, F_OK) == 0 ? own(found.gl_pathv[i]) : -1; /* one without is being made just now */
        if (fd < 0) continue;
        place_shell("rm -rf %s", found.gl_pathv[i]);
        (void)close(fd);
    }
    globfree(&found);
}

void place_make(struct place *p)
{
    *p = (struct place){ .broker = -1 };
    (void)snprintf(p->dir, sizeof p->dir, PLACE_FOLDERS "XXXXXX");
    sweep();
    if (mkdtemp(p->dir) == NULL) report_die("no folder %s", p->dir);
    p->owner = own(p->dir);
    place_shell("%s/broker-config/broker.sh init %s " PLACE_DOMAIN, HIMAS_SOURCE_DIR, p->dir);
    place_shell("echo first@" PLACE_DOMAIN
                " agent >%s/run/first && %s/broker-config/broker.sh accounts %s %s/run/first",
                p->dir, HIMAS_SOURCE_DIR, p->dir, p->dir);
    (void)snprintf(p->ca, sizeof p->ca, "%s/certs/ca.crt", p->dir);
    read_text(p->dir, "secrets/first.password", p->secret, sizeof p->secret);
    p->secret[strcspn(p->secret, "\n")] = '\0';
    p->port = port_of(p->dir, "c2s=");
    place_raise_limits();
}

void place_accounts(const struct place *p, const char *prefix, size_t n)
{
    char path[PLACE_PATH_BYTES + 128];
    char account[4096];
    read_text(p->dir, ACCOUNTS_DIR "/first.dat", account, sizeof account);
    (void)snprintf(path, sizeof path, "%s/agents", p->dir);
    FILE *list = fopen(path, "a");
    if (list == NULL) report_die("%s", path);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(path, sizeof path, "%s/%s/%s%zu.dat", p->dir, ACCOUNTS_DIR, prefix, i);
        FILE *f = fopen(path, "w");
        if (f == NULL || fputs(account, f) < 0 || fclose(f) != 0) report_die("%s", path);
        (void)fprintf(list, "%s%zu@" PLACE_DOMAIN "\n", prefix, i);
    }
    (void)fclose(list);
}

void place_external_upload(const struct place *p)
{
    place_shell("%s/broker-config/broker.sh upload %s external", HIMAS_SOURCE_DIR, p->dir);
}

/* A child that dies with us. */
void place_start(struct place *p)
{
    char script[PLACE_PATH_BYTES + 64];
    (void)snprintf(script, sizeof script, "%s/broker-config/broker.sh", HIMAS_SOURCE_DIR);
    place_shell("rm -f %s/run/started", p->dir); /* it ran there before, perhaps */
    (void)fflush(NULL);
    p->broker = fork();
    if (p->broker == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execl("/bin/sh", "sh", script, "run", p->dir, (char *)NULL);
        _exit(127);
    }
    /* It must have begun before it can be waited for. */
    place_shell("n=0; until [ -s %s/run/started ] || [ $n -ge 500 ]; do n=$((n + 1)); sleep 0.02; done; %s wait %s",
                p->dir, script, p->dir);
}

void place_end(struct place *p)
{
    (void)kill(p->broker, SIGTERM);
    (void)waitpid(p->broker, NULL, 0);
    place_shell("rm -rf %s", p->dir);
    (void)close(p->owner);
}

void place_jid(const char *prefix, size_t i, char out[ROSTER_JID_BYTES])
{
    (void)snprintf(out, ROSTER_JID_BYTES, "%s%zu@" PLACE_DOMAIN, prefix, i);
}

void place_identity(size_t i, struct identity *out)
{
    uint8_t secret[X25519_BYTES] = { 8, 1 };
    memcpy(secret + 8, &i, sizeof i);
    report_need(identity_from_secret(secret, out), NULL, "a key");
}

static void add_member(struct buf *text, const char *prefix, size_t i, size_t key, const char *role)
{
    struct identity id;
    char hex[2 * X25519_BYTES + 1];
    place_identity(key, &id);
    hex_encode(bytes_of(id.public_key, sizeof id.public_key), hex);
    buf_addf(text, "  - {jid: %s%zu@" PLACE_DOMAIN ", role: %s, key: %s}\n", prefix, i, role, hex);
}

struct roster *place_roster(const char *prefix, size_t trainers)
{
    struct buf text = buf_make(64 << 20);
    struct roster *r = NULL;
    struct why why = { "" };
    char boss[32];
    (void)snprintf(boss, sizeof boss, "%sc", prefix);
    buf_add_z(&text, "members:\n  - {jid: " PLACE_OPERATOR ", role: operator}\n");
    add_member(&text, boss, 0, 0, "coordinator");
    for (size_t i = 0; i < trainers; i++) add_member(&text, prefix, i, i + 1, "trainer");
    report_need(roster_parse(buf_str(&text), "bench", &r, &why), &why, "roster");
    buf_free(&text);
    return r;
}

void place_raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void place_take_low(struct place_low *low)
{
    low->n = 0;
    int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int fd = first; fd >= 0; fd = fcntl(first, F_DUPFD_CLOEXEC, 0)) { /* a hundredth of what open() takes */
        if (fd >= LOW || low->n == LOW) {
            (void)close(fd);
            return;
        }
        low->held[low->n++] = fd;
    }
}

void place_give_low(struct place_low *low)
{
    for (size_t i = 0; i < low->n; i++) (void)close(low->held[i]);
    low->n = 0;
}

static double status_mb(int pid, const char *row)
{
    char path[64];
    char line[256];
    double kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, row, strlen(row)) == 0) kb = strtod(line + strlen(row), NULL);
    if (f) (void)fclose(f);
    return kb / 1024;
}

struct place_usage place_usage(int pid)
{
    char path[64];
    char line[1024] = "";
    struct place_usage u = { .rss_mb = status_mb(pid, "VmRSS:") };
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) return u;
    if (fgets(line, sizeof line, f)) {
        const char *at = strrchr(line, ')'); /* the name may hold anything */
        for (int field = 2; at && field < 14; field++) at = strchr(at + 1, ' ');
        char *end = NULL;
        double ticks = at ? strtod(at, &end) : 0;
        if (end) ticks += strtod(end, NULL);
        u.cpu_s = ticks / (double)sysconf(_SC_CLK_TCK);
    }
    (void)fclose(f);
    return u;
}
