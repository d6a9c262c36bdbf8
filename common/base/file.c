#include "common/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536, PATH_BYTES = 4096 };

static void close_fd(const int *fd)
{
    if (*fd >= 0) (void)close(*fd);
}

static enum err read_some(int fd, struct buf *out, bool *ended)
{
    uint8_t chunk[READ_BYTES];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n < 0) return errno == EINTR ? OK : ERR_IO;
    *ended = n == 0;
    buf_add(out, chunk, (size_t)n);
    return buf_err(out);
}

enum err file_read(const char *path, struct buf *out, struct why *why)
{
    int fd CLEANUP(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return why_say(why, ERR_IO, "%s: %s", path, strerror(errno));
    bool ended = false;
    while (!ended) {
        enum err e = read_some(fd, out, &ended);
        if (e == ERR_IO) return why_say(why, e, "%s: %s", path, strerror(errno));
        if (e != OK) return why_say(why, e, "%s: larger than the %zu bytes allowed", path, out->max);
    }
    return OK;
}

static enum err write_all(int fd, struct bytes content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ERR_IO;
        content = (struct bytes){ content.p + n, content.n - (size_t)n };
    }
    return fsync(fd) == 0 ? OK : ERR_IO;
}

enum err file_write(const char *path, struct bytes content, unsigned mode, struct why *why)
{
    char temporary[PATH_BYTES];
    int n = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof temporary) return why_say(why, ERR_IO, "%s: the path is too long", path);
    (void)unlink(temporary); /* one left by a crash may have another mode */
    int fd CLEANUP(close_fd) = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) return why_say(why, ERR_IO, "%s: %s", path, strerror(errno));
    if (write_all(fd, content) != OK || rename(temporary, path) != 0) {
        int cause = errno;
        (void)unlink(temporary);
        return why_say(why, ERR_IO, "%s: %s", path, strerror(cause));
    }
    return OK;
}
