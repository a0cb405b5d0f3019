/* allowed.h - who may speak to this user's agents over TCP: the file `allowed` of the key folder.
 *   One line a key, for people to read and edit:  NAME  ROLE[,ROLE...]  PUBLIC-KEY  [remark]
 * A line that begins with '#' is a remark. What is not in the file is refused. Roles:
 *   compute  a worker of repeatable tasks        station  a worker of physical ones too
 *   observe  status                              operate  every verb of people
 * Life cycle  zeroed -> refresh* (borrowed entries live until the next)        Threads  one
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ALLOWED_H
#define ITP_ALLOWED_H

#include <stdint.h>

#include "keys.h"

#define ITP_ALLOWED_MAX    4096
#define ITP_ALLOWED_REMARK 120

typedef enum itp_role {
    ITP_ROLE_COMPUTE = 1,
    ITP_ROLE_STATION = 2,
    ITP_ROLE_OPERATE = 4,
    ITP_ROLE_OBSERVE = 8,
    ITP_ROLES_ALL = 15
} itp_role;

typedef struct itp_allowed_key {
    char name[ITP_KEYS_NAME], key[ITP_Z85_TEXT], remark[ITP_ALLOWED_REMARK];
    unsigned roles;
} itp_allowed_key;

typedef struct itp_allowed {
    itp_allowed_key *items;
    size_t n;
    int64_t stamp[4]; /* of the file that was read: device, inode, change time, size */
} itp_allowed;

/* "compute,observe" to bits; 0 when a word is no role. And back; returns text. */
unsigned itp_roles_read(const char *text);
const char *itp_roles_text(unsigned roles, char text[64]);

/* Reads the file again if it is not the one read last; *changed (may be NULL) says so. A file that
 * is missing admits nobody. What cannot be read for another reason leaves the list as it was, but
 * for a file that others may change: then nobody is admitted. */
itp_status itp_allowed_refresh(itp_allowed *list, const char *path, int *changed, itp_error *err);
void itp_allowed_deinit(itp_allowed *list);
/* NULL: not admitted. */
const itp_allowed_key *itp_allowed_find(const itp_allowed *list, const char *key);
const itp_allowed_key *itp_allowed_named(const itp_allowed *list, const char *name);

/* Two that change the file at once would each write what it has read, and one line would be lost:
 * whoever looks and then changes waits here first. Closing *out lets go. */
itp_status itp_allowed_lock(const char *path, int *out, itp_error *err);
/* Puts a line into the file, in place of one of the same name or key, or takes one out,
 * ITP_ENOTFOUND when there is none. The file is replaced as a whole; remarks stay. */
itp_status itp_allowed_put(const char *path, const itp_allowed_key *entry, itp_error *err);
itp_status itp_allowed_remove(const char *path, const char *name, itp_error *err);

#endif
