/* fuzz_codec.c - whatever bytes come in, the decoder answers; and what it accepts is written and
 * read back to the same bytes. Entry point of libFuzzer (`tests/connectors/wire/fuzz SECONDS`) and
 * of test_fuzz.c, which replays the kept corpus. SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void insist(int holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_codec: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static itp_wire_arena arena; /* kept between frames, as its users keep it */
    itp_message first, second;
    itp_buffer once = {0}, twice = {0};
    itp_error err;
    itp_wire_arena_reset(&arena);
    if (itp_wire_decode(bytes, size, &arena, &first, &err) != ITP_OK) return 0;
    /* A frame may grow in our writing (9-byte doubles): then the limit may refuse it, nothing else.
     */
    itp_status st = itp_wire_encode(&first, &once);
    insist(st == ITP_OK || (st == ITP_EINVAL && size > ITP_WIRE_MAX / 16), "accepted, not written");
    if (st == ITP_OK) {
        insist(itp_wire_decode(once.data, once.size, &arena, &second, &err) == ITP_OK,
               "written, not accepted");
        insist(itp_wire_encode(&second, &twice) == ITP_OK, "read back, not written");
        insist(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0,
               "two writings differ");
    }
    itp_buffer_deinit(&once);
    itp_buffer_deinit(&twice);
    return 0;
}
