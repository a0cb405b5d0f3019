/* folder.c - see folder.h. SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700 /* openat and its kin */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 }; /* of folders in folders; deeper ones are neither counted nor removed */

typedef struct {
    uint64_t bytes;
    int remove;
    const char *keep, *keep_too;
} sweep;

/* Walks the folder behind this descriptor, and closes it. */
static void walk(int at, int depth, sweep *s)
{
    DIR *folder = at >= 0 ? fdopendir(at) : NULL;
    if (!folder) {
        if (at >= 0) close(at);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;
        struct stat info;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        if (fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        int inside = S_ISDIR(info.st_mode) && depth < DEPTH_MAX;
        if (S_ISREG(info.st_mode)) s->bytes += (uint64_t)info.st_size;
        if (inside)
            walk(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), depth + 1, s);
        if (!s->remove) continue;
        if (depth == 0 && (strcmp(name, s->keep) == 0 || strcmp(name, s->keep_too) == 0)) continue;
        unlinkat(at, name, S_ISDIR(info.st_mode) ? AT_REMOVEDIR : 0);
    }
    closedir(folder);
}

uint64_t folder_bytes(const char *folder)
{
    sweep s = {0};
    walk(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, &s);
    return s.bytes;
}

void folder_empty(const char *folder, const char *keep, const char *keep_too)
{
    sweep s = {.remove = 1, .keep = keep, .keep_too = keep_too};
    walk(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, &s);
}

void folder_artefacts(const char *folder, const char *pattern, const itp_host *host,
                      itp_result *res)
{
    char path[PATH_MAX], inside[PATH_MAX];
    glob_t found;
    if (snprintf(path, sizeof path, "%s/%s", folder, pattern) >= (int)sizeof path) return;
    if (glob(path, 0, NULL, &found) != 0) return;
    size_t start = strlen(folder);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat info;
        /* A link could point anywhere; only what lies in the folder is the attempt's. */
        if (lstat(found.gl_pathv[i], &info) != 0 || !S_ISREG(info.st_mode)) continue;
        if (!realpath(found.gl_pathv[i], inside) || strncmp(inside, folder, start) != 0) continue;
        host->artefact(host->ctx, res, found.gl_pathv[i] + start + 1, found.gl_pathv[i]);
    }
    globfree(&found);
}

itp_status folder_tail(const char *folder, const char *name, long most, char **out)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return ITP_EINVAL;
    FILE *file = fopen(path, "rbe");
    if (!file) return ITP_EIO;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    long from = size > most ? size - most : 0;
    char *text = size >= 0 && fseek(file, from, SEEK_SET) == 0 ? malloc((size_t)most + 1) : NULL;
    size_t got = text ? fread(text, 1, (size_t)most, file) : 0;
    fclose(file);
    if (!text) return ITP_EIO;
    for (size_t i = 0; i < got; i++)
        if ((text[i] < ' ' && text[i] != '\n' && text[i] != '\t') || text[i] == 0x7f) text[i] = '?';
    text[got] = '\0';
    *out = text;
    return ITP_OK;
}
