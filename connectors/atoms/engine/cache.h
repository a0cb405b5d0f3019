/* cache.h - results by the hash of everything they depend on, in a folder that anybody may empty.
 *   One file an entry, named by the SHA-256 of the key text; written aside, synced and renamed,
 * with a digest of its content in the first line, so a torn or edited file is a miss, never an
 * answer. The folder may be shared by processes and campaigns. A cache that cannot be used costs
 * time only. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CACHE_H
#define ITP_CACHE_H

#include "interphase/status.h"

#define ITP_KEY_SIZE 65 /* 64 hexadecimal digits and NUL */

/* The folder: `given`, or $XDG_CACHE_HOME/interphase/atoms, or ~/.cache/interphase/atoms. Created.
 * Empty text: nothing is kept. */
itp_status itp_cache_folder(const char *given, size_t size, char *folder, itp_error *err);
void itp_cache_key(const char *text, char key[ITP_KEY_SIZE]);
/* 1 and the text (caller frees), or 0. */
int itp_cache_get(const char *folder, const char *key, char **text);
/* 1 when it was kept. */
int itp_cache_put(const char *folder, const char *key, const char *text);

/* Creates a folder and its parents. */
itp_status itp_make_folder(const char *path, itp_error *err);
/* Removes a folder of plain files (engine runs have no subfolders). */
void itp_remove_folder(const char *path);
/* The whole of a file, NUL at the end, or NULL. */
char *itp_read_text(const char *path, size_t most);

#endif
