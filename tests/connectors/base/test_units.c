/* test_units.c - conversions, refusals that name both units, suggestions, threads.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "suite.h"
#include "units.h"

static double convert(itp_units *units, const char *from, const char *to, double value)
{
    double out = NAN;
    CU_ASSERT_EQUAL(itp_units_convert(units, from, to, value, &out, NULL), ITP_OK);
    return out;
}

static void known_conversions_are_right(void)
{
    itp_units *units;
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&units, NULL), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(convert(units, "h", "s", 2), 7200, 0);
    CU_ASSERT_DOUBLE_EQUAL(convert(units, "degC", "K", 25), 298.15, 1e-12 * 298.15);
    CU_ASSERT_DOUBLE_EQUAL(convert(units, "%", "1", 5), 0.05, 1e-17);
    CU_ASSERT_DOUBLE_EQUAL(convert(units, "mA.h/cm2", "C/m2", 1), 36000, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(convert(units, "1/h", "Hz", 3600), 1, 1e-15);
    double same = 0.1 + 0.2;
    CU_ASSERT_EQUAL(convert(units, "mol/m2", "mol/m2", same), same);
    itp_units_destroy(units);
}

static void deviation_ignores_the_offset(void)
{
    itp_units *units;
    double sd = NAN;
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&units, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_units_convert_sd(units, "degC", "K", 20, 1.5, &sd, NULL), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(sd, 1.5, 1e-9); /* slope 1, measured over 2^40 */
    CU_ASSERT_EQUAL(itp_units_convert_sd(units, "degF", "degC", 20, 1.8, &sd, NULL), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(sd, 1, 1e-9);
    CU_ASSERT_EQUAL(itp_units_convert_sd(units, "min", "s", -4, 0.5, &sd, NULL), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(sd, 30, 1e-9);
    itp_units_destroy(units);
}

static void refusal_names_both_units(void)
{
    itp_units *units;
    itp_error err = {0};
    double out = 42;
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&units, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_units_convert(units, "V", "mol/L", 1, &out, &err), ITP_EUNIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "\"V\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "\"mol/L\""));
    CU_ASSERT_EQUAL(out, 42);
    CU_ASSERT_EQUAL(itp_units_check(units, "mAh", &err), ITP_EUNIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "mA.h"));
    CU_ASSERT_EQUAL(itp_units_check(units, "parsnip", &err), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "", &err), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "µm", &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_units_compatible(units, "S/cm", "mS/m"), 1);
    CU_ASSERT_EQUAL(itp_units_compatible(units, "S/cm", "s"), 0);
    itp_units_destroy(units);
}

static void hostile_text_is_refused(void)
{
    itp_units *units;
    char text[5000];
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&units, NULL), ITP_OK);
    memset(text, '(', sizeof text);
    text[sizeof text - 1] = 0;
    CU_ASSERT_EQUAL(itp_units_check(units, text, NULL), ITP_EUNIT);
    text[ITP_UNIT_MAX] = 0;
    CU_ASSERT_EQUAL(itp_units_check(units, text, NULL), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "m\n", NULL), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "\xff\xfe", NULL), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "m)", NULL), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "m.0z", NULL), ITP_EUNIT); /* the library leaks on it */
    CU_ASSERT_EQUAL(itp_units_check(units, "m 0.s", NULL), ITP_EUNIT);
    CU_ASSERT_EQUAL(itp_units_check(units, "1e3 m", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_units_check(units, "2.5E-7 kg", NULL), ITP_OK);
    itp_units_destroy(units);
}

/* Every suggestion must itself be a unit. */
static void suggestions_are_units(void)
{
    static const char *const wrong[] = {"mAh", "Wh", "C", "wt%", "M", "cycles", "Ohm", "kcal/mol"};
    itp_units *units;
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&units, NULL), ITP_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *right = itp_units_suggest(wrong[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(right);
        CU_ASSERT_EQUAL(itp_units_check(units, right, NULL), ITP_OK);
    }
    CU_ASSERT_PTR_NULL(itp_units_suggest("parsnip"));
    itp_units_destroy(units);
}

static void *hammer(void *arg)
{
    static const char *const from[] = {"h", "min", "degC", "%", "eV", "mA.h"};
    static const char *const to[] = {"s", "s", "K", "1", "J", "C"};
    static const double want[] = {3600, 60, 274.15, 0.01, 1.602176634e-19, 3.6};
    itp_units *units = arg;
    size_t bad = 0;
    for (size_t i = 0; i < 6000; i++) {
        double out = 0;
        size_t k = i % 6;
        if (itp_units_convert(units, from[k], to[k], 1, &out, NULL) != ITP_OK ||
            fabs(out - want[k]) > 1e-6 * want[k])
            bad++;
        if (itp_units_check(units, "nonsense?", NULL) != ITP_EUNIT) bad++;
    }
    return (void *)bad;
}

static void threads_share_a_context(void)
{
    itp_units *units;
    pthread_t thread[4];
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&units, NULL), ITP_OK);
    for (int i = 0; i < 4; i++) CU_ASSERT_EQUAL(pthread_create(&thread[i], 0, hammer, units), 0);
    for (int i = 0; i < 4; i++) {
        void *bad;
        pthread_join(thread[i], &bad);
        CU_ASSERT_PTR_NULL(bad);
    }
    itp_units_destroy(units);
}

int main(void)
{
    CU_TestInfo tests[] = {{"known conversions are right", known_conversions_are_right},
                           {"a deviation ignores the offset", deviation_ignores_the_offset},
                           {"a refusal names both units", refusal_names_both_units},
                           {"hostile text is refused", hostile_text_is_refused},
                           {"suggestions are units", suggestions_are_units},
                           {"threads share a context", threads_share_a_context},
                           CU_TEST_INFO_NULL};
    return suite_run("base/units", tests);
}
