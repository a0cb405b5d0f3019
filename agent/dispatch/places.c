/* places.c - socket folder under XDG_RUNTIME_DIR, or under /tmp with the user's id.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "places.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sha256.h"

static itp_status check_folder(const char *path, itp_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return itp_fail(err, ITP_EIO, "socket folder %s: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode) || info.st_uid != getuid() || (info.st_mode & 077) != 0)
        return itp_fail(err, ITP_EREFUSED,
                        "socket folder %s: must be a folder of yours with mode 0700; remove it or "
                        "set XDG_RUNTIME_DIR to another place",
                        path);
    return ITP_OK;
}

static itp_status socket_folder(char *out, size_t size, int make, itp_error *err)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime && access(runtime, W_OK) == 0 && strlen(runtime) < 60)
        snprintf(out, size, "%s/interphase", runtime);
    else
        snprintf(out, size, "/tmp/interphase-%lu", (unsigned long)getuid());
    if (make && mkdir(out, 0700) != 0 && errno != EEXIST)
        return itp_fail(err, ITP_EIO, "socket folder %s: %s", out, strerror(errno));
    return access(out, F_OK) == 0 ? check_folder(out, err) : ITP_OK;
}

/* The absolute path, though the journal itself may not exist yet. */
static itp_status absolute(char *out, const char *journal, itp_error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(journal, '/');
    size_t length = slash ? (size_t)(slash - journal) + 1 : 0;
    if (strlen(journal) >= PATH_MAX)
        return itp_fail(err, ITP_EINVAL, "journal %s: path is too long", journal);
    memcpy(folder, journal, length);
    strcpy(folder + length, length ? "" : ".");
    char *real = realpath(folder, NULL);
    if (!real)
        return itp_fail(err, ITP_EIO, "folder %s of the journal: %s", folder, strerror(errno));
    snprintf(out, ITP_PLACE_MAX, "%s/%s", real, slash ? slash + 1 : journal);
    free(real);
    return ITP_OK;
}

itp_status itp_places_find(itp_places *out, const char *journal, int make, itp_error *err)
{
    char path[ITP_PLACE_MAX], folder[256], digest[ITP_SHA256_TEXT];
    itp_status st = absolute(path, journal, err);
    if (st == ITP_OK) st = socket_folder(folder, sizeof folder, make, err);
    if (st != ITP_OK) return st;
    itp_sha256_of(path, strlen(path), digest);
    snprintf(out->control, sizeof out->control, "ipc://%s/%.16s.control", folder, digest);
    snprintf(out->workers, sizeof out->workers, "ipc://%s/%.16s.workers", folder, digest);
    snprintf(out->stops, sizeof out->stops, "ipc://%s/%.16s.stops", folder, digest);
    if (snprintf(out->state, sizeof out->state, "%s.workers", path) >= (int)sizeof out->state)
        return itp_fail(err, ITP_EINVAL, "journal %s: path is too long", journal);
    return ITP_OK;
}
