/* private.c - see private.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

itp_status itp_private_folder(const char *what, const char *path, itp_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return itp_fail(err, ITP_EIO, "%s %s: %s", what, path, strerror(errno));
    if (!S_ISDIR(info.st_mode) || info.st_uid != getuid())
        return itp_fail(err, ITP_EREFUSED, "%s %s: is not a folder of yours", what, path);
    if (info.st_mode & 077)
        return itp_fail(err, ITP_EREFUSED, "%s %s: others can enter it; run: chmod 700 %s", what,
                        path, path);
    return ITP_OK;
}

itp_status itp_private_ipc(const char *endpoint, itp_error *err)
{
    char folder[PATH_MAX];
    const char *path = endpoint + sizeof "ipc://" - 1, *slash = strrchr(path, '/');
    if (*path == '@' || *path == '*' || !*path)
        return itp_fail(err, ITP_EREFUSED, "%s: name a socket in a folder of yours, ipc://PATH",
                        endpoint);
    int length = slash ? (int)(slash - path) : 0;
    snprintf(folder, sizeof folder, "%.*s", length, path);
    if (!length) strcpy(folder, slash ? "/" : ".");
    return itp_private_folder("socket folder", folder, err);
}

itp_status itp_private_open(const char *path, unsigned forbidden, FILE **out, itp_error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &info) != 0) {
        int why = errno;
        if (fd >= 0) close(fd);
        return itp_fail(err, why == ENOENT ? ITP_ENOTFOUND : ITP_EIO, "%s: %s", path,
                        strerror(why));
    }
    itp_status st = ITP_OK;
    if (!S_ISREG(info.st_mode) || (info.st_uid != getuid() && info.st_uid != 0))
        st = itp_fail(err, ITP_EREFUSED, "%s: is not a file of yours", path);
    else if (info.st_mode & forbidden)
        st = itp_fail(err, ITP_EREFUSED, "%s: others can %s it; run: chmod %s %s", path,
                      forbidden & 044 ? "read or change" : "change",
                      forbidden & 044 ? "600" : "go-w", path);
    *out = st == ITP_OK ? fdopen(fd, "r") : NULL;
    if (*out) return ITP_OK;
    close(fd);
    return st == ITP_OK ? itp_fail(err, ITP_ENOMEM, "%s", path) : st;
}
