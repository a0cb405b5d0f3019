/* bad_disk.h - a disk that fails when it is told to; bad_vfs.h puts it below SQLite.
 *   It counts effects (writes, truncations, syncs, deletions) and at a chosen one is full, or
 * fails, or loses power. It remembers what has been synced: what power loss leaves of a file is
 * that, and of later writes any subset of their sectors, in any order (SQLite's own assumption for
 * files with SQLITE_IOCAP_POWERSAFE_OVERWRITE: bytes outside a write are left alone).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_BAD_DISK_H
#define ITP_TEST_BAD_DISK_H

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR     512
#define DISK_FILES 16

typedef enum disk_fault { DISK_SOUND, DISK_FULL, DISK_FAILS, DISK_LOSES_POWER } disk_fault;

typedef struct disk_write {
    struct disk_write *next;
    size_t at, size; /* size 0: the file ends at `at` */
    unsigned char bytes[];
} disk_write;

typedef struct disk_file {
    char name[64]; /* without its folder */
    int present, durable;
    unsigned char *synced;
    size_t synced_size;
    disk_write *first, **last;
} disk_file;

static struct {
    sqlite3_vfs vfs, *real;
    disk_fault fault;
    long effects, at; /* counted; the one at which the fault happens */
    int off;          /* power is lost */
    int lasts;        /* the fault stays until it is mended */
    uint64_t random;
    disk_file files[DISK_FILES];
} disk;

static uint64_t disk_random(void)
{
    disk.random = disk.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return disk.random >> 33;
}

static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static disk_file *find_file(const char *path)
{
    for (int i = 0; i < DISK_FILES; i++) {
        disk_file *file = &disk.files[i];
        if (!*file->name) {
            snprintf(file->name, sizeof file->name, "%s", short_name(path));
            file->last = &file->first;
        }
        if (strcmp(file->name, short_name(path)) == 0) return file;
    }
    abort();
}

static void apply(unsigned char **bytes, size_t *size, const disk_write *write, int torn)
{
    if (write->size == 0) {
        if (!torn || disk_random() % 2) *size = write->at < *size ? write->at : *size;
        return;
    }
    for (size_t from = write->at, end = write->at + write->size, to; from < end; from = to) {
        to = (from / SECTOR + 1) * SECTOR < end ? (from / SECTOR + 1) * SECTOR : end;
        if (torn && disk_random() % 2) continue;
        if (to > *size) {
            unsigned char *more = realloc(*bytes, to);
            if (!more) abort();
            memset(more + *size, 0, to - *size);
            *bytes = more;
            *size = to;
        }
        memcpy(*bytes + from, write->bytes + (from - write->at), to - from);
    }
}

static void drop_writes(disk_file *file)
{
    for (disk_write *write = file->first, *next; write; write = next) {
        next = write->next;
        free(write);
    }
    file->first = NULL;
    file->last = &file->first;
}

static void remember(disk_file *file, const void *bytes, size_t size, size_t at)
{
    disk_write *write = malloc(sizeof *write + size);
    if (!write) abort();
    *write = (disk_write){.at = at, .size = size};
    if (size > 0) memcpy(write->bytes, bytes, size);
    *file->last = write;
    file->last = &write->next;
}

/* Forgets everything; the fault happens at effect number `at`. */
static void disk_break(disk_fault fault, long at, int lasts, uint64_t seed)
{
    for (int i = 0; i < DISK_FILES; i++) {
        drop_writes(&disk.files[i]);
        free(disk.files[i].synced);
    }
    memset(disk.files, 0, sizeof disk.files);
    disk.fault = fault;
    disk.effects = 0;
    disk.at = at;
    disk.off = 0;
    disk.lasts = lasts;
    disk.random = seed;
}

#endif
