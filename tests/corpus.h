/* corpus.h - each file of a fuzz target's kept corpus, in the test's own folder.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CORPUS_H
#define ITP_CORPUS_H

#include <dirent.h>
#include <stdint.h>

#include "suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { CORPUS_FILE_MAX = 1 << 16 };

static size_t corpus_read(const char *name, uint8_t *bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/corpus/%s", ITP_TEST_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t size = fread(bytes, 1, CORPUS_FILE_MAX, file);
    fclose(file);
    return size;
}

/* Plays each file as it is, which aborts where a property does not hold, and then what `change`
 * makes of it. Returns how many there are. */
static unsigned corpus_play(void (*change)(uint8_t *bytes, size_t size))
{
    static uint8_t bytes[CORPUS_FILE_MAX];
    DIR *folder = opendir(ITP_TEST_DIR "/corpus");
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t size = entry->d_name[0] == '.' ? 0 : corpus_read(entry->d_name, bytes);
        if (size == 0) continue;
        files++;
        LLVMFuzzerTestOneInput(bytes, size);
        change(bytes, size);
    }
    closedir(folder);
    return files;
}

#endif
