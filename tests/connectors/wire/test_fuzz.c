/* test_fuzz.c - the kept corpus, and every byte of it cut and changed, through the fuzz target.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "corpus.h"

static void change_every_byte(uint8_t *bytes, size_t size)
{
    static const uint8_t CHANGES[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < size && size < 2048; i++) {
        for (size_t k = 0; k < sizeof CHANGES; k++) {
            bytes[i] ^= CHANGES[k];
            LLVMFuzzerTestOneInput(bytes, size);
            bytes[i] ^= CHANGES[k];
        }
    }
}

static void corpus_holds_its_properties(void)
{
    CU_ASSERT(corpus_play(change_every_byte) >= 10);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"corpus holds its properties", corpus_holds_its_properties},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/wire/fuzz", tests);
}
