/* disk.c - see disk.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FUSE 0x65735546UL

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

const char *itp_disk_network(unsigned long type)
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

int itp_disk_fuse(FILE *mountinfo, unsigned major, unsigned minor, char kind[ITP_FUSE_KIND])
{
    static const char *const LOCAL[] = {"fuseblk",    "fuse.fuse-overlayfs", "fuse.gocryptfs",
                                        "fuse.encfs", "fuse.cryfs",          "fuse.mergerfs",
                                        "fuse.lxcfs", "fuse.bindfs",         "fuse.ntfs-3g"};
    char line[8192];
    snprintf(kind, ITP_FUSE_KIND, "FUSE");
    while (fgets(line, sizeof line, mountinfo)) {
        unsigned at[2];
        const char *type = strstr(line, " - ");
        if (!type || sscanf(line, "%*u %*u %u:%u", &at[0], &at[1]) != 2) continue;
        if (at[0] != major || at[1] != minor) continue;
        snprintf(kind, ITP_FUSE_KIND, "%.*s", (int)strcspn(type + 3, " \n"), type + 3);
        for (size_t i = 0; i < sizeof LOCAL / sizeof *LOCAL; i++)
            if (strcmp(kind, LOCAL[i]) == 0) return 0;
        return 1;
    }
    return 1;
}

/* The name of a remote file system that the folder lies on, or NULL. */
static const char *find_remote(const struct statfs *disk, const char *folder,
                               char kind[ITP_FUSE_KIND])
{
    struct stat info;
    if ((unsigned long)disk->f_type != FUSE) return itp_disk_network((unsigned long)disk->f_type);
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    int remote = !mounts || stat(folder, &info) != 0 ||
                 itp_disk_fuse(mounts, major(info.st_dev), minor(info.st_dev), kind);
    if (!mounts) snprintf(kind, ITP_FUSE_KIND, "FUSE");
    if (mounts) fclose(mounts);
    return remote ? kind : NULL;
}

itp_status itp_disk_check(const char *path, itp_error *err)
{
    char *folder = folder_of(path), kind[ITP_FUSE_KIND];
    if (!folder) return itp_fail(err, ITP_ENOMEM, "journal %s", path);
    struct statfs disk;
    const char *remote = NULL;
    itp_status st = ITP_OK;
    if (statfs(folder, &disk) != 0)
        st = itp_fail(err, errno == ENOENT || errno == ENOTDIR ? ITP_ENOTFOUND : ITP_EIO,
                      "journal %s: folder %s: %s", path, folder, strerror(errno));
    else if ((remote = find_remote(&disk, folder, kind)))
        st =
            itp_fail(err, ITP_ENOTSUP,
                     "journal %s: %s is on %s, a network file system, whose locks cannot be relied "
                     "upon; put the journal on a local disk (--journal FILE) and copy it with "
                     "`interphase export --format journal`",
                     path, folder, remote);
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
