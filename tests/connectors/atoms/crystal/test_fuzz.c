/* test_fuzz.c - the kept corpus of structure files, and each of them cut and changed here and
 * there, through the fuzz target. SPDX-License-Identifier: GPL-3.0-or-later */
#include "corpus.h"

static void change_here_and_there(uint8_t *bytes, size_t size)
{
    enum { CHANGES = 24 };
    for (size_t k = 0; k < CHANGES; k++) {
        size_t at = k * size / CHANGES;
        uint8_t kept = bytes[at];
        bytes[at] ^= (uint8_t)(1u << k % 8);
        LLVMFuzzerTestOneInput(bytes, size);
        bytes[at] = kept;
        LLVMFuzzerTestOneInput(bytes, at);
    }
}

static void corpus_holds_its_properties(void)
{
    CU_ASSERT(corpus_play(change_here_and_there) >= 20);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"corpus holds its properties", corpus_holds_its_properties},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/atoms/crystal/fuzz", tests);
}
