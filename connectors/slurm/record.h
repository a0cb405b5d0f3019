/* record.h - what a job leaves on disk, so that whoever comes after a crash knows what has become
 * of it. In the attempt's folder: .job/request    what is asked, as JSON: a later attempt may only
 * take over an equal one .job/arguments  the program and its arguments, each ended by NUL;
 * .job/variables  NAME=value .job/batch      the batch's folder, and the job's index in its array
 *   .job/began      made by the job before it runs the program, and by nobody else: who cannot make
 *                   it because it exists does not run. So a job that was submitted twice, or is to
 *                   be void, never runs again. Holds the job's id and node, or "void".
 *   .job/exit       the program's exit code
 *   .job/told       its failure has been reported: it is not taken over any more
 * and in the batch's folder: list (folders, in the array's order), script, id (Slurm's), log-INDEX.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLURM_RECORD_H
#define SLURM_RECORD_H

#include <limits.h>

#include "attempt.h"

#define RECORD_ID 40 /* room for "123456_78" */

/* Everything that the batch script needs, in the attempt's folder. */
itp_status record_prepare(const attempt *a, itp_error *err);
/* An earlier attempt of the same request, of equal inputs and options, whose outcome has not been
 * told: its folder. `folder` is the new attempt's. 0: there is none. */
int record_find_earlier(const char *folder, const attempt *a, char out[PATH_MAX]);
/* The batch that the folder's job was put in; 0: none yet. */
int record_batch(const char *folder, char batch[PATH_MAX], size_t *index);
/* A small file in a folder: durably, or not at all. */
itp_status record_write(const char *folder, const char *name, const char *text, itp_error *err);
/* Its text without the last newline; 0: there is none. */
int record_read(const char *folder, const char *name, char *out, size_t size);
/* Keeps the job from ever running the program; 0: it has begun, and by whom. */
int record_void(const char *folder, char began[RECORD_ID]);
/* The batch script: it holds no value of any request. */
extern const char RECORD_SCRIPT[];

#endif
