/* test_absurd.c - random parameter sets and protocols, many of them absurd: each must end with a
 * result or a named refusal, finite, and in time. Arguments: how many, and the first
 * seed (`make cell-absurd` runs 20000). SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "impedance.h"
#include "runner.h"
#include "suite.h"
#include "tasks.h"

static size_t rounds = 300, first_seed = 1000;
static const double DEADLINE_S = 20; /* a run: far above what any needs, below any patience */

typedef struct dice {
    unsigned long long state;
} dice;

static double roll(dice *d) /* uniform in [0, 1), splitmix64 */
{
    unsigned long long z = (d->state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static size_t pick(dice *d, size_t n)
{
    return (size_t)(roll(d) * (double)n);
}

/* Within the range, log-uniform where the range spans decades; sometimes its very ends, sometimes
 * outside or not a number: those must be refused. */
static double value_for(dice *d, double low, double high)
{
    double how = roll(d);
    if (how < 0.04) return low;
    if (how < 0.08) return high;
    if (how < 0.10) return roll(d) < 0.5 ? NAN : -high;
    if (low > 0 && high / low > 100) return low * pow(high / low, roll(d));
    return low + (high - low) * roll(d);
}

static void make_parameters(dice *d, itp_cell_parameters *p)
{
    itp_error err = {0};
    itp_cell_published(p, itp_cell_sets()[pick(d, 5)], &err);
    size_t n = 0, changes = pick(d, 8);
    while (itp_cell_fields()[n].name) n++;
    for (size_t k = 0; k < changes; k++) {
        const itp_cell_field *f = &itp_cell_fields()[pick(d, n)];
        double old = *itp_cell_get(p, f->name);
        /* Mostly a factor of the published value, else anything in the range. */
        double v = roll(d) < 0.6 ? old * exp(4 * (roll(d) - 0.5)) : value_for(d, f->low, f->high);
        itp_cell_set(p, f->name, v, &err);
    }
}

static itp_cell_options make_options(dice *d)
{
    return (itp_cell_options){.fidelity = (itp_cell_fidelity)pick(d, 3),
                              .sei = (itp_cell_sei_kind)pick(d, 4),
                              .plating = (itp_cell_plating_kind)pick(d, 4),
                              .lam = (itp_cell_switch)pick(d, 2),
                              .thermal = (itp_cell_switch)pick(d, 2),
                              .n_neg = 1 + pick(d, 8),
                              .n_sep = 1 + pick(d, 4),
                              .n_pos = 1 + pick(d, 8),
                              .r_neg = 4 + pick(d, 8),
                              .r_pos = 4 + pick(d, 8),
                              .tolerance = 1e-4};
}

static void make_protocol(dice *d, itp_cell_protocol *p)
{
    memset(p, 0, sizeof *p);
    p->soc = roll(d);
    p->temperature = NAN;
    p->record_s = roll(d) < 0.5 ? 0 : 60;
    p->safety = (itp_cell_safety){NAN, NAN, NAN, NAN};
    p->n_steps = 1 + pick(d, 4);
    for (size_t i = 0; i < p->n_steps; i++) {
        double v[5] = {20 * (roll(d) - 0.5), 40 * (roll(d) - 0.5), 5 * roll(d),
                       200 * (roll(d) - 0.5), 0};
        size_t kind = pick(d, 5);
        static const itp_cell_step_kind KINDS[] = {ITP_STEP_RATE, ITP_STEP_CURRENT,
                                                   ITP_STEP_VOLTAGE, ITP_STEP_POWER, ITP_STEP_REST};
        itp_cell_step s = itp_cell_step_of(KINDS[kind], roll(d) < 0.03 ? NAN : v[kind]);
        if (roll(d) < 0.9) s.until_time = exp(12 * roll(d));
        /* On a rest or a hold it is refused: seldom tried. */
        int driven = kind != 2 && kind != 4;
        if (roll(d) < (driven ? 0.7 : 0.02)) s.until_voltage = 5 * roll(d);
        if (roll(d) < 0.3) s.until_rate = roll(d);
        if (roll(d) < 0.2) s.until_soc = roll(d);
        p->steps[i] = s;
    }
}

typedef struct watch {
    double started;
    size_t rows;
    int bad;
} watch;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* a busy machine is not our fault */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static itp_status see_row(void *ctx, const itp_cell_model *m, const itp_cell_row *row)
{
    watch *w = ctx;
    (void)m;
    w->rows++;
    if (!isfinite(row->voltage) || !isfinite(row->current) || !isfinite(row->temperature) ||
        !isfinite(row->time_s))
        w->bad = 1;
    return ITP_OK;
}

static itp_status see_clock(void *ctx)
{
    return now_s() - ((watch *)ctx)->started > DEADLINE_S ? ITP_ETIMEOUT : ITP_OK;
}

/* Where a state was reached it must be finite, and an impedance of it too, or refused. */
static int sound(itp_cell_runner *r, itp_error *err)
{
    const double *y = itp_cell_runner_state(r);
    double z[2][2] = {{0}};
    const double hertz[2] = {0.01, 1000};
    for (size_t i = 0; i < r->model->n; i++)
        if (!isfinite(y[i])) return 0;
    itp_status st = itp_cell_impedance(r->model, y, 2, hertz, z, err);
    return st == ITP_ESCIENTIFIC || (st == ITP_OK && isfinite(z[0][0] + z[1][1]));
}

typedef struct tally {
    size_t done, refused, failed, wrong;
} tally;

static void one(unsigned long long seed, tally *t)
{
    dice d = {seed};
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_protocol *protocol = malloc(sizeof *protocol);
    itp_cell_runner *r = NULL;
    itp_error err = {0};
    watch w = {.started = now_s()};
    itp_cell_hooks hooks = {.ctx = &w, .row = see_row, .poll = see_clock};
    make_parameters(&d, p);
    make_protocol(&d, protocol);
    itp_cell_options o = make_options(&d);
    itp_status st = itp_cell_protocol_check(protocol, &err);
    if (st == ITP_OK)
        st = itp_cell_runner_create(&r, p, &o, protocol->soc, &protocol->safety, &hooks, &err);
    if (st == ITP_OK) {
        r->record_s = protocol->record_s;
        st = itp_cell_run(r, protocol, NULL, &err);
    }
    int wrong = st == ITP_ETIMEOUT || w.bad || (st != ITP_OK && !err.text[0]);
    if (st == ITP_OK && !sound(r, &err)) wrong = 1;
    if (wrong)
        printf("\n  seed %llu: %s, %s after %.1f s, %zu rows%s", seed, itp_status_name(st),
               err.text, now_s() - w.started, w.rows, w.bad ? ", not finite" : "");
    t->wrong += (size_t)wrong;
    t->done += st == ITP_OK;
    t->refused += st == ITP_ERANGE || st == ITP_EPARSE || st == ITP_EINVAL;
    t->failed += st == ITP_ESCIENTIFIC;
    if (st != ITP_OK && st != ITP_ERANGE && st != ITP_EPARSE && st != ITP_EINVAL &&
        st != ITP_ESCIENTIFIC)
        t->wrong++;
    itp_cell_runner_destroy(r);
    free(protocol);
    free(p);
}

static void each_ends_with_a_result_or_a_named_refusal(void)
{
    tally t = {0};
    for (size_t i = 0; i < rounds; i++) one(first_seed + i, &t);
    printf(" (%zu done, %zu refused, %zu failed by name)", t.done, t.refused, t.failed);
    CU_ASSERT_EQUAL(t.wrong, 0);
    CU_ASSERT_EQUAL(t.done + t.refused + t.failed, rounds);
    CU_ASSERT(rounds < 50 || t.done > rounds / 10);
}

int main(int argc, char **argv)
{
    if (argc > 1) rounds = (size_t)strtoul(argv[1], NULL, 10);
    if (argc > 2) first_seed = (size_t)strtoul(argv[2], NULL, 10);
    CU_TestInfo tests[] = {
        {"each ends with a result or a named refusal", each_ends_with_a_result_or_a_named_refusal},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/absurd", tests);
}
