/* test_vector.c - vector code against the C library.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "vector.h"

#include <math.h>
#include <string.h>

#include "stream.h"
#include "suite.h"

static void cosines_are_the_library_s(void)
{
    enum { N = 20001 };
    static double angle[N], cosine[N], sine[N], alone[N];
    itp_stream s;
    itp_stream_init(&s, 1, 0, "angles");
    for (int i = 0; i < N; i++) /* both signs, every size up to 1e6, and 0 */
        angle[i] = i ? (i % 2 ? 1 : -1) * exp(20 * itp_stream_uniform(&s)) / 485 : 0;
    memcpy(cosine, angle, sizeof cosine);
    memcpy(alone, angle, sizeof alone);
    itp_cosines(N, cosine, sine);
    itp_cosines(N, alone, NULL);
    double off = 0;
    for (int i = 0; i < N; i++)
        off = fmax(off, fmax(fabs(cosine[i] - cos(angle[i])), fabs(sine[i] - sin(angle[i]))));
    CU_ASSERT(off < 1e-15);
    CU_ASSERT(memcmp(alone, cosine, sizeof alone) == 0);
    CU_ASSERT(cosine[0] == 1 && sine[0] == 0);
}

static void huge_angles_stay_bounded(void)
{
    double angle[] = {1e12, -3e15, 1e18, -1e200, 1e300}, sine[5];
    itp_cosines(5, angle, sine);
    for (int i = 0; i < 5; i++)
        CU_ASSERT(fabs(angle[i]) <= 1 + 1e-12 && fabs(sine[i]) <= 1 + 1e-12);
}

int main(void)
{
    CU_TestInfo tests[] = {{"cosines are the library's", cosines_are_the_library_s},
                           {"huge angles stay bounded", huge_angles_stay_bounded},
                           CU_TEST_INFO_NULL};
    return suite_run("numerics/vector", tests);
}
