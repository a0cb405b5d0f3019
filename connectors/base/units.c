/* units.c - UDUNITS-2 behind one lock.
 *   The library keeps its last status in a global and says nothing about threads, so every call of
 * it happens under one process-wide lock; contexts then only own their unit system and a small
 * table of conversions.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "units.h"

#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <udunits2.h>

#define CACHE_SIZE 64 /* a campaign knows a handful of units */

typedef struct conversion {
    char from[ITP_UNIT_MAX + 1], to[ITP_UNIT_MAX + 1];
    cv_converter *cv;
} conversion;

struct itp_units {
    ut_system *system;
    conversion cache[CACHE_SIZE];
    size_t next; /* the slot to be overwritten */
};

/* Guards the library's own hidden state (its status and message handler), not ours. */
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
    const char *wrong, *right;
} SPELLING[] = {
    {"mAh", "mA.h"},
    {"Ah", "A.h"},
    {"Wh", "W.h"},
    {"mWh", "mW.h"},
    {"kWh", "kW.h"},
    {"mAh/g", "mA.h/g"},
    {"Wh/kg", "W.h/kg"},
    {"Wh/L", "W.h/L"},
    {"cycle", "1"},
    {"cycles", "1"},
    {"C", "degC"},
    {"F", "degF"},
    {"Celsius", "degC"},
    {"wt%", "%"},
    {"vol%", "%"},
    {"mol%", "%"},
    {"at%", "%"},
    {"wt.%", "%"},
    {"M", "mol/L"},
    {"mM", "mmol/L"},
    {"ohms", "ohm"},
    {"Ohm", "ohm"},
    {"Ohms", "ohm"},
    {"mins", "min"},
    {"minutes", "min"},
    {"hours", "h"},
    {"hrs", "h"},
    {"secs", "s"},
    {"sec", "s"},
    {"Volt", "V"},
    {"volts", "V"},
    {"Angstrom", "angstrom"},
    {"micron", "um"},
    {"mA/cm^2", "mA/cm2"},
    {"fraction", "1"},
    {"none", "1"},
    {"-", "1"},
    {"unitless", "1"},
    {"dimensionless", "1"},
    {"", "1"},
    {"percent", "%"},
    {"mAh/cm2", "mA.h/cm2"},
    {"kcal/mol", "kcal.mol-1"},
};

const char *itp_units_suggest(const char *unit)
{
    for (size_t i = 0; i < sizeof SPELLING / sizeof *SPELLING; i++)
        if (!strcmp(SPELLING[i].wrong, unit)) return SPELLING[i].right;
    return NULL;
}

itp_status itp_units_create(itp_units **out, itp_error *err)
{
    itp_units *units = calloc(1, sizeof *units);
    if (!units) return itp_fail(err, ITP_ENOMEM, "unit system");
    pthread_mutex_lock(&library_lock);
    ut_set_error_message_handler(ut_ignore);
    units->system = ut_read_xml(NULL);
    pthread_mutex_unlock(&library_lock);
    if (!units->system) {
        free(units);
        return itp_fail(err, ITP_EIO,
                        "unit database of UDUNITS-2 cannot be read "
                        "(is the package libudunits2-data installed?)");
    }
    *out = units;
    return ITP_OK;
}

void itp_units_destroy(itp_units *units)
{
    if (!units) return;
    pthread_mutex_lock(&library_lock);
    for (size_t i = 0; i < CACHE_SIZE; i++) cv_free(units->cache[i].cv);
    ut_free_system(units->system);
    pthread_mutex_unlock(&library_lock);
    free(units);
}

static int begins_word(unsigned char c)
{
    return isalpha(c) || c >= 0x80 || c == '_' || c == '%' || c == '\'' || c == '"';
}

/* "1e3", "2.5E-7": the e after a digit belongs to the number. */
static int is_exponent(const char *t)
{
    size_t sign = t[1] == '-' || t[1] == '+';
    return (*t == 'e' || *t == 'E') && isdigit((unsigned char)t[1 + sign]);
}

/* Whether a number that begins at t is nothing but zeros. */
static int is_zero(const char *t)
{
    size_t zeros = strspn(t, "0."), all = strspn(t, "0123456789.");
    return zeros == all && memchr(t, '0', all) != NULL;
}

/* Short, printable, balanced, and without what makes the library lose memory: a word right behind a
 * digit, or a factor of zero ("m.0z", "0-1.kg"; found by fuzzing 2.2.28). */
static int is_sane(const char *text)
{
    size_t n = strnlen(text, ITP_UNIT_MAX + 1);
    int depth = 0;
    if (n == 0 || n > ITP_UNIT_MAX) return 0;
    for (const char *t = text; *t; t++) {
        unsigned char c = (unsigned char)*t, next = (unsigned char)t[1];
        if (c < ' ' || c == 127) return 0;
        if (c == '(') depth++;
        if (c == ')' && --depth < 0) return 0;
        if ((t == text || !strchr("0123456789.", t[-1])) && is_zero(t)) return 0;
        if (isdigit(c) && begins_word(next) && !is_exponent(t + 1)) return 0;
    }
    return depth == 0;
}

/* NULL when it is no unit; lock held. */
static ut_unit *parse(itp_units *units, const char *text)
{
    return is_sane(text) ? ut_parse(units->system, text, UT_UTF8) : NULL;
}

static itp_status fail_unit(const char *unit, itp_error *err)
{
    const char *right = itp_units_suggest(unit);
    if (right)
        return itp_fail(err, ITP_EUNIT, "\"%.60s\" is not a unit: write \"%s\"", unit, right);
    return itp_fail(err, ITP_EUNIT, "\"%.60s\" is not a unit (UDUNITS-2; pure numbers have \"1\")",
                    unit);
}

itp_status itp_units_check(itp_units *units, const char *unit, itp_error *err)
{
    pthread_mutex_lock(&library_lock);
    ut_unit *parsed = parse(units, unit);
    int known = parsed != NULL;
    ut_free(parsed);
    pthread_mutex_unlock(&library_lock);
    return known ? ITP_OK : fail_unit(unit, err);
}

/* The converter, from the table or made; NULL and *why when there is none. Lock held. */
static cv_converter *find(itp_units *units, const char *from, const char *to, const char **wrong)
{
    *wrong = NULL;
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        conversion *known = &units->cache[i];
        if (known->cv && !strcmp(known->from, from) && !strcmp(known->to, to)) return known->cv;
    }
    cv_converter *cv = NULL;
    ut_unit *a = parse(units, from), *b = parse(units, to);
    if (!a || !b) {
        *wrong = a ? to : from;
    } else if (ut_are_convertible(a, b) && (cv = ut_get_converter(a, b))) {
        conversion *slot = &units->cache[units->next++ % CACHE_SIZE];
        cv_free(slot->cv);
        slot->cv = cv;
        snprintf(slot->from, sizeof slot->from, "%s", from);
        snprintf(slot->to, sizeof slot->to, "%s", to);
    }
    ut_free(a);
    ut_free(b);
    return cv;
}

int itp_units_compatible(itp_units *units, const char *from, const char *to)
{
    const char *wrong;
    pthread_mutex_lock(&library_lock);
    int can = find(units, from, to, &wrong) != NULL;
    pthread_mutex_unlock(&library_lock);
    return can;
}

itp_status itp_units_convert(itp_units *units, const char *from, const char *to, double value,
                             double *out, itp_error *err)
{
    const char *wrong = NULL;
    pthread_mutex_lock(&library_lock);
    cv_converter *cv = find(units, from, to, &wrong);
    double result = cv && strcmp(from, to) ? cv_convert_double(cv, value) : value;
    pthread_mutex_unlock(&library_lock);
    if (wrong) return fail_unit(wrong, err);
    if (!cv)
        return itp_fail(err, ITP_EUNIT, "\"%.60s\" cannot be converted to \"%.60s\"", from, to);
    *out = result;
    return ITP_OK;
}

/* Slope of the conversion at `value`. Affine ones (all but decibels and their like) are measured
 * over a span in which no offset is felt. */
static double slope(const cv_converter *cv, double value)
{
    const double span = 0x1p40;
    double zero = cv_convert_double(cv, 0), one = cv_convert_double(cv, span);
    double half = cv_convert_double(cv, span / 2), affine = (one - zero) / span;
    if (fabs((half - zero) / (span / 2) - affine) <= 1e-9 * fabs(affine)) return affine;
    double h = 1e-6 * fmax(fabs(value), 1e-6);
    return (cv_convert_double(cv, value + h) - cv_convert_double(cv, value - h)) / (2 * h);
}

itp_status itp_units_convert_sd(itp_units *units, const char *from, const char *to, double value,
                                double sd, double *out, itp_error *err)
{
    double ignored;
    const char *wrong = NULL;
    itp_status st = itp_units_convert(units, from, to, value, &ignored, err);
    if (st != ITP_OK) return st;
    pthread_mutex_lock(&library_lock);
    cv_converter *cv = strcmp(from, to) ? find(units, from, to, &wrong) : NULL;
    double result = cv ? fabs(slope(cv, value)) * sd : sd;
    pthread_mutex_unlock(&library_lock);
    *out = result;
    return ITP_OK;
}
