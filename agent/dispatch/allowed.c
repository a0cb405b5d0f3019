/* allowed.c - see allowed.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "allowed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "private.h"

#define LINE_MAX_BYTES 1024

static const char *const ROLES[] = {"compute", "station", "operate", "observe"};

unsigned itp_roles_read(const char *text)
{
    unsigned roles = 0;
    for (size_t n; *text; text += n + (text[n] == ',')) {
        unsigned role = 0;
        n = strcspn(text, ",");
        for (unsigned i = 0; i < 4; i++)
            if (strlen(ROLES[i]) == n && strncmp(ROLES[i], text, n) == 0) role = 1u << i;
        if (!role) return 0;
        roles |= role;
    }
    return roles;
}

const char *itp_roles_text(unsigned roles, char text[64])
{
    text[0] = '\0';
    for (unsigned i = 0; i < 4; i++) {
        if (!(roles & 1u << i)) continue;
        if (text[0]) strcat(text, ",");
        strcat(text, ROLES[i]);
    }
    return text;
}

/* 1: an entry; 0: nothing but a remark; -1: neither. */
static int read_line(const char *line, itp_allowed_key *out)
{
    char roles[64] = "";
    int used = 0;
    *out = (itp_allowed_key){0};
    line += strspn(line, " \t");
    if (*line == '#' || *line == '\n' || *line == '\0') return 0;
    if (sscanf(line, "%60s %63s %40s%n", out->name, roles, out->key, &used) != 3) return -1;
    if (line[used] != '\0' && !strchr(" \t\r\n", line[used])) return -1;
    out->roles = itp_roles_read(roles);
    line += used;
    line += strspn(line, " \t");
    snprintf(out->remark, sizeof out->remark, "%.*s", (int)strcspn(line, "\r\n"), line);
    return itp_keys_is_name(out->name) && out->roles && itp_keys_is_public(out->key) ? 1 : -1;
}

static itp_status read_list(itp_allowed *list, FILE *file, const char *path, itp_error *err)
{
    char line[LINE_MAX_BYTES];
    itp_allowed_key entry;
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        int kind = read_line(line, &entry);
        if (kind == 0) continue;
        if (kind < 0)
            return itp_fail(err, ITP_EPARSE,
                            "%s:%d: expected NAME ROLE[,ROLE] PUBLIC-KEY, with roles compute, "
                            "station, operate, observe",
                            path, number);
        if (itp_allowed_find(list, entry.key) || itp_allowed_named(list, entry.name))
            return itp_fail(err, ITP_EPARSE, "%s:%d: %s, or its key, is there twice", path, number,
                            entry.name);
        if (list->n == ITP_ALLOWED_MAX)
            return itp_fail(err, ITP_ERANGE, "%s: more than %d keys", path, ITP_ALLOWED_MAX);
        itp_allowed_key *items = realloc(list->items, (list->n + 1) * sizeof *items);
        if (!items) return itp_fail(err, ITP_ENOMEM, "%s", path);
        list->items = items;
        items[list->n++] = entry;
    }
    return ITP_OK;
}

itp_status itp_allowed_refresh(itp_allowed *list, const char *path, int *changed, itp_error *err)
{
    struct stat info = {0};
    int missing = stat(path, &info) != 0 && errno == ENOENT;
    const int64_t stamp[4] = {(int64_t)info.st_dev, (int64_t)info.st_ino,
                              info.st_ctim.tv_sec * 1000000000 + info.st_ctim.tv_nsec,
                              info.st_size + 1 - missing};
    if (changed) *changed = 0;
    if (memcmp(stamp, list->stamp, sizeof stamp) == 0) return ITP_OK;
    itp_allowed fresh = {0};
    FILE *file = NULL;
    itp_status st = missing ? ITP_OK : itp_private_open(path, 022, &file, err);
    if (file) {
        st = read_list(&fresh, file, path, err);
        fclose(file);
    }
    memcpy(list->stamp, stamp, sizeof stamp); /* What is wrong with a file is said once. */
    if (st != ITP_OK && st != ITP_EREFUSED) {
        free(fresh.items);
        return st;
    }
    free(list->items);
    list->items = fresh.items;
    list->n = fresh.n;
    if (changed) *changed = 1;
    return st;
}

void itp_allowed_deinit(itp_allowed *list)
{
    free(list->items);
    *list = (itp_allowed){0};
}

const itp_allowed_key *itp_allowed_find(const itp_allowed *list, const char *key)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i].key, key) == 0) return &list->items[i];
    return NULL;
}

const itp_allowed_key *itp_allowed_named(const itp_allowed *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i].name, name) == 0) return &list->items[i];
    return NULL;
}

/* --- Changing the file ------------------------------------------------------------------------
 */

/* A file beside the list, since the list itself is replaced. */
itp_status itp_allowed_lock(const char *path, int *out, itp_error *err)
{
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.lock", path) >= (int)sizeof beside)
        return itp_fail(err, ITP_EINVAL, "%s: path is too long", path);
    *out = open(beside, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int locked = *out < 0 ? -1 : flock(*out, LOCK_EX);
    while (*out >= 0 && locked != 0 && errno == EINTR) locked = flock(*out, LOCK_EX);
    if (locked == 0) return ITP_OK;
    itp_fail(err, ITP_EIO, "%s: %s", beside, strerror(errno));
    if (*out >= 0) close(*out);
    *out = -1;
    return ITP_EIO;
}

/* After a rename the name itself has to reach the disk. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

static itp_status replace(const char *path, const itp_buffer *text, itp_error *err)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.%d", path, (int)getpid()) >= (int)sizeof fresh)
        return itp_fail(err, ITP_EINVAL, "%s: path is too long", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int bad = fd < 0 || write(fd, text->data, text->size) != (ssize_t)text->size || fsync(fd) != 0;
    if (fd >= 0) close(fd);
    if (bad || rename(fresh, path) != 0) {
        itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
        unlink(fresh);
        return ITP_EIO;
    }
    sync_folder(path);
    return ITP_OK;
}

/* The file's text without the lines of this name or key. */
static itp_status copy_others(const char *path, const char *name, const char *key, itp_buffer *text,
                              int *found, itp_error *err)
{
    FILE *file = NULL;
    char line[LINE_MAX_BYTES];
    itp_allowed_key entry;
    *found = 0;
    itp_status st = itp_private_open(path, 022, &file, err);
    if (st == ITP_ENOTFOUND)
        return itp_buffer_text(text, "# Who may speak to agents of this user over TCP; read again "
                                     "when it changes.\n# NAME  ROLES (compute, station, operate, "
                                     "observe)  PUBLIC-KEY  remark\n");
    while (st == ITP_OK && fgets(line, sizeof line, file)) {
        int same = read_line(line, &entry) == 1 &&
                   (strcmp(entry.name, name) == 0 || (key && strcmp(entry.key, key) == 0));
        *found |= same;
        if (!same) st = itp_buffer_text(text, line);
    }
    if (file) fclose(file);
    return st;
}

itp_status itp_allowed_put(const char *path, const itp_allowed_key *entry, itp_error *err)
{
    itp_buffer text = {0};
    char roles[64];
    int found;
    itp_status st = copy_others(path, entry->name, entry->key, &text, &found, err);
    if (st == ITP_OK)
        st = itp_buffer_print(&text, "%-16s %-16s %s%s%s\n", entry->name,
                              itp_roles_text(entry->roles, roles), entry->key,
                              entry->remark[0] ? "  " : "", entry->remark);
    if (st == ITP_OK) st = replace(path, &text, err);
    itp_buffer_deinit(&text);
    return st;
}

itp_status itp_allowed_remove(const char *path, const char *name, itp_error *err)
{
    itp_buffer text = {0};
    int found;
    itp_status st = copy_others(path, name, NULL, &text, &found, err);
    if (st == ITP_OK && !found)
        st = itp_fail(err, ITP_ENOTFOUND, "there is no key %s in %s", name, path);
    if (st == ITP_OK) st = replace(path, &text, err);
    itp_buffer_deinit(&text);
    return st;
}
