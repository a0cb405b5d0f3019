/* journal_lock.c - the lock file; see journal_lock.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "journal_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 100 /* the file may be removed between open and lock, once for each owner */

static char *lock_name(const char *path)
{
    size_t size = strlen(path) + sizeof ".lock";
    char *name = malloc(size);
    if (name) snprintf(name, size, "%s.lock", path);
    return name;
}

/* 1: this descriptor is still the file of that name, so that its lock is the one that counts. */
static int is_current(int fd, const char *name)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && stat(name, &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

static itp_status held(const char *path, int fd, itp_error *err)
{
    char owner[32] = "";
    ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
    owner[n > 0 ? strcspn(owner, "\n") : 0] = '\0';
    return itp_fail(err, ITP_ELOCKED,
                    "journal %s: in use by process %s; its agent is still running (interphase "
                    "status, pause or cancel reach it)",
                    path, *owner ? owner : "(not known)");
}

static itp_status sign(const char *path, int fd, itp_error *err)
{
    char owner[32];
    int size = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)size, 0) != size)
        return itp_fail(err, errno == ENOSPC ? ITP_ERESOURCE : ITP_EIO,
                        "journal %s: lock file %s.lock: %s", path, path, strerror(errno));
    return ITP_OK;
}

itp_status itp_journal_lock(const char *path, int *fd, itp_error *err)
{
    itp_status st = ITP_EIO;
    char *name = lock_name(path);
    if (!name) return itp_fail(err, ITP_ENOMEM, "journal %s", path);
    int file = -1;
    for (int i = 0; i < LOCK_TRIES; i++) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0) {
            st =
                itp_fail(err, ITP_EIO, "journal %s: lock file %s: %s", path, name, strerror(errno));
            break;
        }
        if (fcntl(file, F_OFD_SETLK, &whole) != 0) {
            st = errno == EAGAIN || errno == EACCES
                     ? held(path, file, err)
                     : itp_fail(err, ITP_EIO, "journal %s: lock: %s", path, strerror(errno));
            break;
        }
        if (is_current(file, name)) {
            st = sign(path, file, err);
            break;
        }
        close(file); /* Its owner removed it while we waited: lock the new one. */
        file = -1;
        st = itp_fail(err, ITP_ELOCKED, "journal %s: %s is being made and removed", path, name);
    }
    free(name);
    if (st == ITP_OK)
        *fd = file;
    else if (file >= 0)
        close(file);
    return st;
}

void itp_journal_unlock(const char *path, int fd)
{
    if (fd < 0) return;
    char *name = lock_name(path);
    if (name && is_current(fd, name)) unlink(name);
    free(name);
    close(fd);
}
