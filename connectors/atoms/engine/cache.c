/* cache.c - files named by what they answer.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, ENTRY_MAX = 64 << 20 };

itp_status itp_make_folder(const char *path, itp_error *err)
{
    char text[PATH_ROOM];
    if ((size_t)snprintf(text, sizeof text, "%s", path) >= sizeof text)
        return itp_fail(err, ITP_EIO, "folder %s: the path is too long", path);
    for (char *p = text + 1;; p++) {
        if (*p != '/' && *p) continue;
        char kept = *p;
        *p = 0;
        if (mkdir(text, 0755) != 0 && errno != EEXIST)
            return itp_fail(err, ITP_EIO, "folder %s: %s", text, strerror(errno));
        *p = kept;
        if (!kept) return ITP_OK;
    }
}

void itp_remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    if (!folder) return;
    while ((entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    (void)rmdir(path);
}

char *itp_read_text(const char *path, size_t most)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t room = 65536, size = 0;
    char *text = malloc(room + 1);
    while (text) {
        size += fread(text + size, 1, room - size, file);
        if (size < room) break;
        if (room >= most) break;
        char *more = realloc(text, 2 * room + 1);
        if (!more) free(text);
        text = more;
        room *= 2;
    }
    fclose(file);
    if (text) text[size] = 0;
    return text;
}

itp_status itp_cache_folder(const char *given, size_t size, char *folder, itp_error *err)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (given)
        snprintf(folder, size, "%s", given);
    else if (base && *base)
        snprintf(folder, size, "%s/interphase/atoms", base);
    else
        snprintf(folder, size, "%s/.cache/interphase/atoms", home && *home ? home : "/tmp");
    return *folder ? itp_make_folder(folder, err) : ITP_OK;
}

void itp_cache_key(const char *text, char key[ITP_KEY_SIZE])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
    sodium_bin2hex(key, ITP_KEY_SIZE, digest, sizeof digest);
}

int itp_cache_get(const char *folder, const char *key, char **text)
{
    char path[PATH_ROOM], digest[ITP_KEY_SIZE];
    if (!*folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, key);
    char *all = itp_read_text(path, ENTRY_MAX);
    if (!all) return 0;
    int good = strlen(all) >= ITP_KEY_SIZE && all[ITP_KEY_SIZE - 1] == '\n';
    if (good) {
        itp_cache_key(all + ITP_KEY_SIZE, digest);
        good = memcmp(digest, all, ITP_KEY_SIZE - 1) == 0;
    }
    if (good) {
        memmove(all, all + ITP_KEY_SIZE, strlen(all + ITP_KEY_SIZE) + 1);
        *text = all;
        return 1;
    }
    (void)unlink(path); /* damaged: it would be a miss for ever */
    free(all);
    return 0;
}

int itp_cache_put(const char *folder, const char *key, const char *text)
{
    char path[PATH_ROOM], aside[PATH_ROOM + 64], digest[ITP_KEY_SIZE];
    if (!*folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, key);
    snprintf(aside, sizeof aside, "%s.%ld.%p", path, (long)getpid(), (void *)&digest);
    itp_cache_key(text, digest);
    FILE *file = fopen(aside, "wb");
    if (!file) return 0;
    int good =
        fprintf(file, "%s\n%s", digest, text) > 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    good &= fclose(file) == 0;
    if (!good || rename(aside, path) != 0) {
        (void)unlink(aside);
        return 0;
    }
    return 1;
}
