/* test_fuzz.c - the kept corpus, and every byte of it cut and changed, through the fuzz target.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <stdint.h>
#include <string.h>

#include "suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FILE_MAX = 1 << 16 };

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
        LLVMFuzzerTestOneInput(bytes, size);
        for (size_t i = 0; i < size && size < 2048; i++) {
            static const uint8_t changes[] = {0x01, 0x80, 0xff};
            for (size_t k = 0; k < sizeof changes; k++) {
                bytes[i] ^= changes[k];
                LLVMFuzzerTestOneInput(bytes, size);
                bytes[i] ^= changes[k];
            }
        }
    }
    closedir(folder);
    CU_ASSERT(files >= 10);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"corpus holds its properties", corpus_holds_its_properties},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/wire/fuzz", tests);
}
