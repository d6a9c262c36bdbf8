#include "common/base/secret.h"
#include "common/base/file.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void secret_wipe(void *p, size_t n)
{
    if (p != NULL && n > 0) explicit_bzero(p, n);
}

void secret_buf_free(struct buf *b)
{
    if (b == NULL) return;
    secret_wipe(b->p, b->cap);
    buf_free(b);
}

int secret_differs(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < n; i++) difference = (uint8_t)(difference | (x[i] ^ y[i]));
    return difference;
}

enum err secret_read_file(const char *path, size_t max, struct buf *out, struct why *why)
{
    struct stat st;
    if (stat(path, &st) != 0) return why_say(why, ERR_IO, "%s: %s", path, strerror(errno));
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return why_say(why, ERR_SETTING, "%s: others can read this secret; run: chmod 600 %s", path, path);
    struct buf content CLEANUP(secret_buf_free) = buf_make(max);
    TRY(file_read(path, &content, why));
    while (content.n > 0 && (content.p[content.n - 1] == '\n' || content.p[content.n - 1] == '\r')) content.n--;
    buf_add(out, content.p, content.n);
    return buf_err(out);
}
