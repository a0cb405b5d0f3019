/* disk.h - on which kind of file system a journal lies: locks and shared memory of a remote one
 * cannot be relied upon. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DISK_H
#define ITP_DISK_H

#include <stdio.h>

#include "interphase/status.h"

#define ITP_FUSE_KIND 64 /* "fuse.sshfs" and a NUL */

/* ITP_ENOTSUP when the folder of `path` lies on a network file system. */
itp_status itp_disk_check(const char *path, itp_error *err);
/* "NFS" for the f_type of statfs(2), or NULL for a file system that is not known to be remote. */
const char *itp_disk_network(unsigned long type);
/* 1 when a FUSE file system, device major:minor in a mountinfo (proc(5)), may be remote; kind: its
 * type, "FUSE" where it is not listed. Of FUSE file systems only those count as local that are
 * known to lie on a disk of this machine. */
int itp_disk_fuse(FILE *mountinfo, unsigned major, unsigned minor, char kind[ITP_FUSE_KIND]);
/* Bytes that may still be written to the file system of `path`; -1 when that is not known. */
long long itp_disk_free(const char *path);

#endif
