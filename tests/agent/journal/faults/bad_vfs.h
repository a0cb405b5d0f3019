/* bad_vfs.h - a SQLite VFS around the real one that asks the bad disk before each effect.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_BAD_VFS_H
#define ITP_TEST_BAD_VFS_H

#include <errno.h>

#include "bad_disk.h"

typedef struct handle {
    sqlite3_file base;
    disk_file *file;
    sqlite3_file *real;
} handle;

/* What an effect meets: SQLITE_OK, or the fault. */
static int effect(int is_write, int failed)
{
    if (disk.off) return failed;
    if (disk.fault == DISK_SOUND || ++disk.effects < disk.at) return SQLITE_OK;
    if (disk.effects > disk.at && !disk.lasts) return SQLITE_OK;
    if (disk.fault == DISK_LOSES_POWER) disk.off = 1;
    if (disk.fault == DISK_FULL) return is_write ? SQLITE_FULL : SQLITE_OK;
    return failed;
}

static int bad_close(sqlite3_file *f)
{
    handle *h = (handle *)f;
    return h->real->pMethods ? h->real->pMethods->xClose(h->real) : SQLITE_OK;
}
static int bad_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    handle *h = (handle *)f;
    return disk.off ? SQLITE_IOERR_READ : h->real->pMethods->xRead(h->real, out, n, at);
}
static int bad_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    handle *h = (handle *)f;
    if (!disk.off && disk.fault == DISK_LOSES_POWER)
        remember(h->file, bytes, (size_t)n, (size_t)at);
    int code = effect(1, SQLITE_IOERR_WRITE);
    return code == SQLITE_OK ? h->real->pMethods->xWrite(h->real, bytes, n, at) : code;
}
static int bad_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    handle *h = (handle *)f;
    if (!disk.off && disk.fault == DISK_LOSES_POWER) remember(h->file, NULL, 0, (size_t)size);
    int code = effect(0, SQLITE_IOERR_TRUNCATE);
    return code == SQLITE_OK ? h->real->pMethods->xTruncate(h->real, size) : code;
}
static int bad_sync(sqlite3_file *f, int flags)
{
    handle *h = (handle *)f;
    int code = effect(0, SQLITE_IOERR_FSYNC);
    if (code != SQLITE_OK) return code;
    for (disk_write *write = h->file->first; write; write = write->next)
        apply(&h->file->synced, &h->file->synced_size, write, 0);
    drop_writes(h->file);
    h->file->durable = 1;
    return h->real->pMethods->xSync(h->real, flags);
}
static int bad_size(sqlite3_file *f, sqlite3_int64 *size)
{
    handle *h = (handle *)f;
    return disk.off ? SQLITE_IOERR_FSTAT : h->real->pMethods->xFileSize(h->real, size);
}
#define PASS(name, parameters, arguments)                                                          \
    static int bad_##name parameters                                                               \
    {                                                                                              \
        handle *h = (handle *)f;                                                                   \
        return h->real->pMethods->x##name arguments;                                               \
    }
PASS(Lock, (sqlite3_file * f, int level), (h->real, level))
PASS(Unlock, (sqlite3_file * f, int level), (h->real, level))
PASS(CheckReservedLock, (sqlite3_file * f, int *out), (h->real, out))
PASS(FileControl, (sqlite3_file * f, int code, void *arg), (h->real, code, arg))
PASS(SectorSize, (sqlite3_file * f), (h->real))
PASS(DeviceCharacteristics, (sqlite3_file * f), (h->real))
PASS(ShmMap, (sqlite3_file * f, int page, int size, int extend, void volatile **out),
     (h->real, page, size, extend, out))
PASS(ShmLock, (sqlite3_file * f, int at, int n, int flags), (h->real, at, n, flags))
PASS(ShmUnmap, (sqlite3_file * f, int remove), (h->real, remove))
static void bad_barrier(sqlite3_file *f)
{
    handle *h = (handle *)f;
    h->real->pMethods->xShmBarrier(h->real);
}

static const sqlite3_io_methods BAD_METHODS = {
    2,
    bad_close,
    bad_read,
    bad_write,
    bad_truncate,
    bad_sync,
    bad_size,
    bad_Lock,
    bad_Unlock,
    bad_CheckReservedLock,
    bad_FileControl,
    bad_SectorSize,
    bad_DeviceCharacteristics,
    bad_ShmMap,
    bad_ShmLock,
    bad_barrier,
    bad_ShmUnmap,
    NULL,
    NULL,
};

static int bad_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    handle *h = (handle *)f;
    (void)vfs;
    h->real = (sqlite3_file *)(h + 1);
    h->base.pMethods = NULL;
    if (disk.off) return SQLITE_CANTOPEN;
    int code = disk.real->xOpen(disk.real, name, h->real, flags, out);
    if (code != SQLITE_OK) return code;
    h->file = find_file(name ? name : "unnamed");
    if (!h->file->present) h->file->durable = 0, h->file->synced_size = 0; /* A new one. */
    h->file->present = 1;
    h->base.pMethods = &BAD_METHODS;
    return SQLITE_OK;
}

static int bad_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    disk_file *file = find_file(name);
    int code = effect(0, SQLITE_IOERR_DELETE);
    if (code != SQLITE_OK) return code;
    drop_writes(file);
    file->present = 0;
    if (sync_folder) file->durable = 0; /* Else it may be there again after power loss. */
    return disk.real->xDelete(disk.real, name, sync_folder);
}

/* The folder's names are durable now: what was deleted stays deleted. 0: the disk failed. */
static inline int disk_sync_folder(void)
{
    if (effect(0, SQLITE_IOERR_DIR_FSYNC) != SQLITE_OK) {
        errno = EIO;
        return 0;
    }
    for (int i = 0; i < DISK_FILES; i++)
        if (!disk.files[i].present) disk.files[i].durable = 0;
    return 1;
}

/* Every journal opened from now on is on the bad disk, sound so far. */
static void disk_install(void)
{
    sqlite3_initialize();
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "bad-disk";
    disk.vfs.szOsFile = (int)sizeof(handle) + disk.real->szOsFile;
    disk.vfs.xOpen = bad_open;
    disk.vfs.xDelete = bad_delete;
    sqlite3_vfs_register(&disk.vfs, 1);
}

#endif
