/* test_memory.c - the codec with the n-th allocation failing, for every n.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "allocations.h"
#include "codec.h"
#include "suite.h"

/* Large enough that buffer and arena both have to grow several times. */
static itp_message make_message(itp_value *values, size_t n, const char *label)
{
    itp_message message;
    itp_message_init(&message, ITP_VERB_RESULT);
    for (size_t i = 0; i < n; i++) values[i] = (itp_value){"name", NAN, NAN, NULL, label};
    message.campaign = "c";
    message.request = message.epoch = 1;
    message.values = values;
    message.n_values = n;
    return message;
}

static void every_failed_allocation_is_reported(void)
{
    enum { N = 200, LABEL = 300 };
    static itp_value values[N];
    static char label[LABEL + 1];
    memset(label, 'x', LABEL);
    itp_message message = make_message(values, N, label), back;
    long n = 1;
    int whole = 0;
    for (; !whole && n < 1000; n++) {
        itp_buffer frame = {0};
        itp_wire_arena arena = {0};
        itp_error err = {.status = ITP_OK};
        back = (itp_message){.verb = ITP_VERB_BYE};
        allocations_break(n);
        itp_status st = itp_wire_encode(&message, &frame);
        if (st == ITP_OK) {
            st = itp_wire_decode(frame.data, frame.size, &arena, &back, &err);
            if (st != ITP_OK) CU_ASSERT_EQUAL(back.verb, ITP_VERB_BYE); /* untouched */
        } else {
            CU_ASSERT_EQUAL(frame.size, 0);
        }
        whole = !allocations_mend();
        if (whole) CU_ASSERT_EQUAL(st, ITP_OK);
        CU_ASSERT(st == ITP_OK || st == ITP_ENOMEM);
        itp_wire_arena_deinit(&arena);
        itp_buffer_deinit(&frame);
    }
    CU_ASSERT(whole);
    CU_ASSERT(n > 10); /* it did have to allocate */
    CU_ASSERT_EQUAL(back.n_values, N);
}

static void an_arena_that_could_not_grow_still_works(void)
{
    itp_wire_arena arena = {0};
    CU_ASSERT_PTR_NOT_NULL(itp_wire_arena_take(&arena, 100));
    allocations_break(1);
    CU_ASSERT_PTR_NULL(itp_wire_arena_take(&arena, 1 << 20));
    CU_ASSERT_PTR_NOT_NULL(itp_wire_arena_take(&arena, 100)); /* fits into what is there */
    CU_ASSERT(allocations_mend());
    CU_ASSERT_PTR_NULL(itp_wire_arena_take(&arena, (size_t)-1));
    itp_wire_arena_reset(&arena);
    CU_ASSERT_PTR_NOT_NULL(itp_wire_arena_take(&arena, 100));
    itp_wire_arena_deinit(&arena);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"every failed allocation is reported", every_failed_allocation_is_reported},
        {"an arena that could not grow works", an_arena_that_could_not_grow_still_works},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/wire/memory", tests);
}
