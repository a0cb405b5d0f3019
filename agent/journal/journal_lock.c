/* journal_lock.c - the lock file and the kind of disk; see journal_lock.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "journal_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LOCK_TRIES 100 /* the file may be removed between open and lock, once for each owner */

/* Magic numbers: statfs(2) and linux/magic.h; the last three from the projects' own sources. */
static const struct {
    unsigned long type;
    const char *name;
} NETWORK[] = {
    {0x6969, "NFS"},        {0xff534d42, "CIFS"},   {0xfe534d42, "SMB"},  {0x517b, "SMB"},
    {0x5346414f, "AFS"},    {0x6b414653, "AFS"},    {0x00c36400, "Ceph"}, {0x01021997, "9P"},
    {0x73757245, "Coda"},   {0x564c, "NCP"},        {0x01161970, "GFS2"}, {0x7461636f, "OCFS2"},
    {0x0bd00bd0, "Lustre"}, {0x19830326, "BeeGFS"}, {0x47504653, "GPFS"},
};

const char *itp_network_disk(unsigned long type)
{
    for (size_t i = 0; i < sizeof NETWORK / sizeof *NETWORK; i++)
        if (NETWORK[i].type == (type & 0xffffffffUL)) return NETWORK[i].name;
    return NULL;
}

/* The folder that holds path; the caller's to free. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

itp_status itp_journal_check_disk(const char *path, itp_error *err)
{
    char *folder = folder_of(path);
    if (!folder) return itp_fail(err, ITP_ENOMEM, "journal %s", path);
    struct statfs disk;
    itp_status st = ITP_OK;
    if (statfs(folder, &disk) != 0)
        st = itp_fail(err, errno == ENOENT || errno == ENOTDIR ? ITP_ENOTFOUND : ITP_EIO,
                      "journal %s: folder %s: %s", path, folder, strerror(errno));
    else if (itp_network_disk((unsigned long)disk.f_type))
        st =
            itp_fail(err, ITP_ENOTSUP,
                     "journal %s: %s is on %s, a network file system, whose locks cannot be relied "
                     "upon; put the journal on a local disk (--journal FILE) and copy it with "
                     "`interphase export --format journal`",
                     path, folder, itp_network_disk((unsigned long)disk.f_type));
    free(folder);
    return st;
}

long long itp_disk_free(const char *path)
{
    char *folder = folder_of(path);
    struct statvfs disk;
    int known = folder && statvfs(folder, &disk) == 0;
    free(folder);
    return known ? (long long)disk.f_bavail * (long long)disk.f_frsize : -1;
}

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
