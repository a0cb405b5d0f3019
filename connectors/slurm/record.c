/* record.c - see record.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

/* Arguments and variables are read from files, so that no value is ever the shell's to interpret.
 */
const char RECORD_SCRIPT[] =
    "#!/bin/bash\n"
    "# Written by interphase: runs the program of one folder of `list`, once.\n"
    "index=${SLURM_ARRAY_TASK_ID:-0}\n"
    "mapfile -t folders <list || exit 120\n"
    "cd \"${folders[index]}\" || exit 121\n"
    "id=$SLURM_JOB_ID\n"
    "[ -z \"$SLURM_ARRAY_JOB_ID\" ] || id=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\n"
    "( set -o noclobber; echo \"$id ${SLURMD_NODENAME:-?}\" >.job/began ) 2>/dev/null || exit 122\n"
    "mapfile -d '' -t arguments <.job/arguments || exit 123\n"
    "mapfile -d '' -t variables <.job/variables || exit 123\n"
    "for pair in \"${variables[@]}\"; do export \"$pair\"; done\n"
    "\"${arguments[@]}\" <stdin >stdout 2>stderr\n"
    "echo $? >.job/exit.new && mv .job/exit.new .job/exit\n";

static int join(char out[PATH_MAX], const char *folder, const char *name)
{
    return snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

static itp_status write_bytes(const char *folder, const char *name, const char *bytes, size_t size,
                              itp_error *err)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    if (!join(path, folder, name) || snprintf(fresh, PATH_MAX, "%s.new", path) >= PATH_MAX)
        return itp_fail(err, ITP_EINVAL, "%s: path is too long", name);
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int good = file >= 0;
    for (size_t done = 0; good && done < size;) {
        ssize_t n = write(file, bytes + done, size - done);
        good = n > 0;
        done += n > 0 ? (size_t)n : 0;
    }
    good = good && fsync(file) == 0;
    if (file >= 0) good = close(file) == 0 && good;
    if (good && rename(fresh, path) == 0) return ITP_OK;
    return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
}

itp_status record_write(const char *folder, const char *name, const char *text, itp_error *err)
{
    return write_bytes(folder, name, text, strlen(text), err);
}

int record_read(const char *folder, const char *name, char *out, size_t size)
{
    char path[PATH_MAX];
    FILE *file = join(path, folder, name) ? fopen(path, "re") : NULL;
    if (!file) return 0;
    size_t n = fread(out, 1, size - 1, file);
    fclose(file);
    out[n] = '\0';
    if (n > 0 && out[n - 1] == '\n') out[n - 1] = '\0';
    return 1;
}

/* Strings one behind the other, each with its NUL. */
static itp_status write_strings(const char *folder, const char *name, char *const *strings,
                                itp_error *err)
{
    size_t size = 0, at = 0;
    for (size_t i = 0; strings[i]; i++) size += strlen(strings[i]) + 1;
    char *all = malloc(size + 1);
    if (!all) return itp_fail(err, ITP_ENOMEM, "%s", name);
    for (size_t i = 0; strings[i]; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(all + at, strings[i], length);
        at += length;
    }
    itp_status st = write_bytes(folder, name, all, size, err);
    free(all);
    return st;
}

/* Inputs, options and replicate: what must be equal for an earlier job's answer to be this one's.
 */
static char *request_text(const attempt *a)
{
    const itp_request *req = a->req;
    json_t *options = json_deep_copy(a->options->root);
    /* Paths may be written otherwise after the agent's restart: the program by what it is. */
    json_array_set_new(json_object_get(options, "run"), 0, json_string(a->program));
    json_object_del(options, "templates");
    json_t *inputs = json_object();
    for (size_t i = 0; i < req->n_inputs; i++)
        json_object_set_new(inputs, req->inputs[i].name,
                            req->inputs[i].label ? json_string(req->inputs[i].label)
                                                 : json_real(req->inputs[i].number));
    json_t *all = json_pack("{s:s, s:i, s:o, s:o}", "task", req->task, "index", (int)req->index,
                            "inputs", inputs, "options", options);
    char *text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    json_decref(all);
    return text;
}

itp_status record_prepare(const attempt *a, itp_error *err)
{
    static char *const NOTHING[] = {NULL};
    char path[PATH_MAX];
    if (!join(path, a->folder, ".job")) return itp_fail(err, ITP_EINVAL, "path is too long");
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    itp_status st = attempt_write(a, err);
    char **arguments = attempt_arguments(a), **variables = attempt_environment(a, NOTHING);
    char *request = request_text(a);
    if (st == ITP_OK && (!arguments || !variables || !request))
        st = itp_fail(err, ITP_ENOMEM, "job");
    if (st == ITP_OK) { /* the path that was allowed, not the word that led to it */
        free(arguments[0]);
        arguments[0] = strdup(a->program);
        st = arguments[0] ? write_strings(path, "arguments", arguments, err) : ITP_ENOMEM;
    }
    if (st == ITP_OK) st = write_strings(path, "variables", variables, err);
    if (st == ITP_OK) st = record_write(path, "request", request, err);
    free(request);
    attempt_free(arguments);
    attempt_free(variables);
    return st;
}

static int is_equal(const char *folder, const char *request)
{
    char *kept = malloc(REQUEST_MAX), told[8];
    int equal = kept && record_read(folder, ".job/request", kept, REQUEST_MAX) &&
                strcmp(kept, request) == 0 && !record_read(folder, ".job/told", told, sizeof told);
    free(kept);
    return equal;
}

int record_find_earlier(const char *folder, const attempt *a, char out[PATH_MAX])
{
    char parent[PATH_MAX], path[PATH_MAX], batch[PATH_MAX], start[32];
    size_t index;
    unsigned newest = 0;
    snprintf(parent, sizeof parent, "%s", folder);
    char *slash = strrchr(parent, '/');
    if (!slash) return 0;
    *slash = '\0';
    int length = snprintf(start, sizeof start, "%llu.", (unsigned long long)a->req->request);
    char *request = request_text(a);
    DIR *all = request ? opendir(parent) : NULL;
    for (struct dirent *entry; all && (entry = readdir(all));) {
        if (strncmp(entry->d_name, start, (size_t)length) != 0) continue;
        unsigned epoch = (unsigned)strtoul(entry->d_name + length, NULL, 10);
        if (!join(path, parent, entry->d_name) || strcmp(path, folder) == 0) continue;
        if (epoch < newest || epoch > a->req->epoch || !record_batch(path, batch, &index)) continue;
        if (!is_equal(path, request)) continue;
        newest = epoch;
        memcpy(out, path, PATH_MAX);
    }
    if (all) closedir(all);
    free(request);
    return newest > 0;
}

int record_batch(const char *folder, char batch[PATH_MAX], size_t *index)
{
    char text[PATH_MAX + 32];
    if (!record_read(folder, ".job/batch", text, sizeof text)) return 0;
    char *line = strchr(text, '\n');
    if (!line) return 0;
    *line = '\0';
    *index = strtoul(line + 1, NULL, 10);
    return snprintf(batch, PATH_MAX, "%s", text) < PATH_MAX;
}

int record_void(const char *folder, char began[RECORD_ID])
{
    char path[PATH_MAX];
    if (!join(path, folder, ".job/began")) return 0;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file >= 0) {
        ssize_t written = write(file, "void\n", 5);
        close(file);
        return written == 5;
    }
    char text[256] = "";
    record_read(folder, ".job/began", text, sizeof text);
    text[strcspn(text, " ")] = '\0';
    snprintf(began, RECORD_ID, "%.*s", RECORD_ID - 1, text);
    return strcmp(text, "void") == 0;
}
