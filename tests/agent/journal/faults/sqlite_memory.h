/* sqlite_memory.h - SQLite's allocations count among those of allocations.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SQLITE_MEMORY_H
#define ITP_SQLITE_MEMORY_H

#include <sqlite3.h>

#include "allocations.h"

static sqlite3_mem_methods real_sqlite;

static void *sqlite_malloc(int size)
{
    return allocations_refuse() ? NULL : real_sqlite.xMalloc(size);
}
static void *sqlite_realloc(void *old, int size)
{
    return allocations_refuse() ? NULL : real_sqlite.xRealloc(old, size);
}

/* Before SQLite is used at all. */
static void count_sqlite(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_sqlite);
    sqlite3_mem_methods counted = real_sqlite;
    counted.xMalloc = sqlite_malloc;
    counted.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
}

#endif
