/* show.c - tables for people, and gnuplot when it is there.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "show.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "series.h"
#include "tasks.h"

itp_status itp_cell_show_sets(void)
{
    for (const char *const *s = itp_cell_sets(); *s; s++) puts(*s);
    return ITP_OK;
}

itp_status itp_cell_show_parameters(const itp_cell_parameters *p)
{
    printf("%-34s %14s %-12s %s\n", "parameter", "value", "unit", "range");
    for (const itp_cell_field *f = itp_cell_fields(); f->name; f++)
        printf("%-34s %14.8g %-12s %g to %g\n", f->name, *itp_cell_get(p, f->name), f->unit, f->low,
               f->high);
    return ITP_OK;
}

static itp_status read_file(const char *path, char *text, size_t size, itp_error *err)
{
    FILE *file = fopen(path, "r");
    if (!file) return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    size_t n = fread(text, 1, size - 1, file);
    int bad = ferror(file) || n == size - 1;
    fclose(file);
    text[n] = 0;
    return bad ? itp_fail(err, ITP_EIO, "%s: cannot be read, or is too large", path) : ITP_OK;
}

/* gnuplot reads its commands from a pipe; a missing one is said, not hidden. */
static itp_status draw(const char *series, const char *plot, itp_error *err)
{
    const char *dot = strrchr(plot, '.');
    int svg = dot && !strcmp(dot, ".svg");
    if (strpbrk(series, "'\\") || strpbrk(plot, "'\\"))
        return itp_fail(err, ITP_EINVAL, "file names with ' or \\ cannot be drawn");
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) {
        fprintf(stderr, "gnuplot is not installed: nothing is drawn; the numbers are in %s\n",
                series);
        return ITP_OK;
    }
    FILE *pipe = popen("gnuplot", "w");
    if (!pipe) return itp_fail(err, ITP_EIO, "gnuplot: %s", strerror(errno));
    fprintf(pipe,
            "set terminal %s size 900,600\nset output '%s'\nset datafile separator ','\n"
            "set key top right\nset xlabel 'time / h'\nset ylabel 'voltage / V'\n"
            "set y2label 'current / A'\nset y2tics\nset ytics nomirror\n"
            "plot '%s' using ($1/3600):2 with lines lw 2 title 'voltage', "
            "'' using ($1/3600):3 axes x1y2 with lines title 'current (charge > 0)'\n",
            svg ? "svg" : "pngcairo", plot, series);
    return pclose(pipe) == 0 ? ITP_OK : itp_fail(err, ITP_EIO, "gnuplot could not draw %s", plot);
}

/* The file that rows go to: the asked one, or a temporary one when only a plot is wanted. */
static itp_status open_series(itp_cell_series *series, const itp_cell_view *view, char *temporary,
                              itp_error *err)
{
    temporary[0] = 0;
    if (!view->series && view->plot) {
        strcpy(temporary, "/tmp/interphase-cell-XXXXXX");
        int fd = mkstemp(temporary);
        if (fd < 0) return itp_fail(err, ITP_EIO, "temporary file: %s", strerror(errno));
        close(fd);
        return itp_cell_series_open(series, temporary, err);
    }
    return view->series ? itp_cell_series_open(series, view->series, err) : ITP_OK;
}

static itp_status close_series(itp_cell_series *series, const itp_cell_view *view,
                               const char *temporary, itp_status st, itp_error *err)
{
    itp_status closed = itp_cell_series_close(series, st == ITP_OK ? err : NULL);
    if (st == ITP_OK) st = closed;
    if (st == ITP_OK && view->plot && series->path[0]) st = draw(series->path, view->plot, err);
    if (temporary[0]) remove(temporary);
    return st;
}

static itp_status print_step(void *ctx, const itp_cell_model *m, const itp_cell_summary *s)
{
    (void)ctx, (void)m;
    printf("%5zu %5zu %11.2f %10.5f %8.4f %8.4f %9.4f %7.2f  %s\n", s->cycle, s->step,
           s->duration_s, s->charge, s->v_start, s->v_end, s->i_end, s->t_max - 273.15, s->text);
    return ITP_OK;
}

static itp_status run_protocol(const itp_cell_job *job, const itp_cell_protocol *protocol,
                               itp_cell_hooks *hooks, itp_error *err)
{
    itp_cell_job here = *job;
    itp_cell_runner *r = NULL;
    itp_cell_summary last;
    if (!isnan(protocol->temperature)) here.p.t_ambient = here.p.t_initial = protocol->temperature;
    double soc = itp_cell_input(job, "initial_soc", protocol->soc);
    itp_status st =
        itp_cell_runner_create(&r, &here.p, &here.o, soc, &protocol->safety, hooks, err);
    if (st != ITP_OK) return st;
    if (hooks->row) r->record_s = protocol->record_s;
    printf("cycle  step  duration/s  charge/Ah  start/V    end/V     end/A max/degC\n");
    st = itp_cell_run(r, protocol, &last, err);
    if (st == ITP_OK) {
        itp_cell_inventory li;
        itp_cell_lithium(r->model, itp_cell_runner_state(r), &li);
        printf("%.2f s, lithium lost to SEI %.6g Ah, plated %.6g Ah, lowest potential against "
               "lithium %.4f V\n",
               r->time_s, li.sei_charge, li.plated_charge, r->margin_min);
        if (last.end != ITP_END_CUTOFF)
            st = itp_fail(err, ITP_ESCIENTIFIC, "the run ended in step %zu: %s", last.step,
                          last.text);
    }
    itp_cell_runner_destroy(r);
    return st;
}

itp_status itp_cell_show_protocol(const itp_cell_job *job, const char *path,
                                  const itp_cell_view *view, itp_error *err)
{
    char text[65536], temporary[64];
    itp_cell_protocol protocol;
    itp_cell_series series = {0};
    itp_status st;
    if ((st = read_file(path, text, sizeof text, err)) != ITP_OK) return st;
    if ((st = itp_cell_protocol_parse(&protocol, text, path, err)) != ITP_OK) return st;
    if ((st = open_series(&series, view, temporary, err)) != ITP_OK) return st;
    itp_cell_hooks hooks = {.ctx = &series,
                            .row = series.file ? itp_cell_series_row : NULL,
                            .step = print_step,
                            .poll = itp_cell_command_poll};
    st = run_protocol(job, &protocol, &hooks, err);
    return close_series(&series, view, temporary, st, err);
}

static const char *unit_of(const itp_cell_task *task, const char *name)
{
    for (size_t i = 0; i < task->n_outputs; i++)
        if (!strcmp(task->outputs[i].name, name)) return task->outputs[i].unit;
    return "";
}

itp_status itp_cell_show_task(const itp_cell_job *job, const itp_cell_view *view, itp_error *err)
{
    char temporary[64] = "";
    itp_cell_job here = *job;
    itp_cell_series series = {0};
    itp_cell_outcome out = {0};
    int eis = job->task == &itp_cell_task_eis; /* its table is the impedance, not a series */
    itp_status st = eis ? ITP_OK : open_series(&series, view, temporary, err);
    if (st != ITP_OK) return st;
    here.series = series.file != NULL;
    itp_cell_hooks hooks = {.ctx = &series,
                            .row = series.file ? itp_cell_series_row : NULL,
                            .poll = itp_cell_command_poll};
    itp_cell_paths paths = {.table = eis ? view->series : NULL};
    st = job->task->run(&here, &hooks, &paths, &out, err);
    for (size_t i = 0; st == ITP_OK && i < out.n; i++)
        printf("%-24s %16.8g %s\n", out.output[i].name, out.output[i].value,
               unit_of(job->task, out.output[i].name));
    if (st == ITP_OK && out.note[0]) puts(out.note);
    return close_series(&series, view, temporary, st, err);
}
