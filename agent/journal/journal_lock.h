/* journal_lock.h - one agent a campaign, on a disk of its own machine.
 *   The lock is an open-file-description lock on PATH.lock, which holds the owner's process number
 * for messages: a crash releases it, and SQLite's own locks on the journal are left alone.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_JOURNAL_LOCK_H
#define ITP_JOURNAL_LOCK_H

#include "interphase/status.h"

/* *fd is the lock until itp_journal_unlock. ITP_ELOCKED names the process that has it; ITP_EIO. */
itp_status itp_journal_lock(const char *path, int *fd, itp_error *err);
/* Removes the lock file, then releases. fd < 0: nothing. */
void itp_journal_unlock(const char *path, int fd);

#endif
