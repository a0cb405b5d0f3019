/* private.h - folders and files that nobody else on this machine may read or put things into.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PRIVATE_H
#define ITP_PRIVATE_H

#include "interphase/status.h"

/* ITP_OK when the folder is one of this user's (or root's) that only its owner can enter, mode
 * 0700; else ITP_EREFUSED with the remedy, or ITP_EIO. what: "socket folder", for the message. */
itp_status itp_private_folder(const char *what, const char *path, itp_error *err);

/* The folder of an endpoint ipc://PATH, by the same rule: whoever can enter it can connect. */
itp_status itp_private_ipc(const char *endpoint, itp_error *err);

/* Opens a file for reading. ITP_EREFUSED with the remedy when it is not a plain file of this user
 * or others may do what `forbidden` (mode bits, e.g. 077) says. */
itp_status itp_private_open(const char *path, unsigned forbidden, FILE **out, itp_error *err);

#endif
