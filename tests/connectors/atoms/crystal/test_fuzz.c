/* test_fuzz.c - the kept corpus of structure files, and each of them cut and changed here and
 * there, through the fuzz target. SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <stdint.h>
#include <string.h>

#include "suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FILE_MAX = 1 << 14, CHANGES = 24 };

static size_t read_file(const char *name, uint8_t *bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/corpus/%s", ITP_TEST_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t size = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    return size;
}

static void corpus_holds_its_properties(void)
{
    static uint8_t bytes[FILE_MAX];
    DIR *folder = opendir(ITP_TEST_DIR "/corpus");
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t size = entry->d_name[0] == '.' ? 0 : read_file(entry->d_name, bytes);
        if (size == 0) continue;
        files++;
        LLVMFuzzerTestOneInput(bytes, size); /* aborts where a property does not hold */
        for (size_t k = 0; k < CHANGES; k++) {
            size_t at = k * size / CHANGES;
            uint8_t kept = bytes[at];
            bytes[at] ^= (uint8_t)(1u << k % 8);
            LLVMFuzzerTestOneInput(bytes, size);
            bytes[at] = kept;
            LLVMFuzzerTestOneInput(bytes, at);
        }
    }
    closedir(folder);
    CU_ASSERT(files >= 20);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"corpus holds its properties", corpus_holds_its_properties},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/atoms/crystal/fuzz", tests);
}
