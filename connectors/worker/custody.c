/* custody.c - see custody.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "custody.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One end of LOW..HIGH; empty: none. */
static int read_end(const char *text, size_t length, double none, double *out)
{
    char copy[64], *end;
    *out = none;
    while (length && *text == ' ') text++, length--;
    if (length == 0) return 1;
    if (length >= sizeof copy) return 0;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *out = strtod(copy, &end);
    return end != copy && strspn(end, " ") == strlen(end) && isfinite(*out);
}

static itp_status read_bound(custody *c, const char *text, itp_error *err)
{
    const char *equals = strchr(text, '='), *dots = equals ? strstr(equals, "..") : NULL;
    itp_margin *bound = &c->bounds[c->n_bounds];
    if (!dots || equals == text)
        return itp_fail(err, ITP_EINVAL, "--bound %s: expected NAME=LOW..HIGH UNIT", text);
    size_t high = strcspn(dots + 2, "0123456789.+-eE ") ? 0 : strspn(dots + 2, " 0123456789.+-eE");
    const char *unit = dots + 2 + high;
    *bound = (itp_margin){.input = strndup(text, (size_t)(equals - text)),
                          .unit = strdup(*unit ? unit : "1")};
    c->n_bounds++;
    if (!bound->input || !bound->unit) return itp_fail(err, ITP_ENOMEM, "bounds");
    if (!read_end(equals + 1, (size_t)(dots - equals - 1), -INFINITY, &bound->low) ||
        !read_end(dots + 2, high, INFINITY, &bound->high) || bound->low > bound->high)
        return itp_fail(err, ITP_EINVAL, "--bound %s: expected NAME=LOW..HIGH UNIT", text);
    return itp_units_check(c->units, bound->unit, err);
}

/* The bounds that the connector states of its physical tasks' inputs; the host holds those itself.
 */
static itp_status add_ports(custody *c, const itp_tasks *tasks)
{
    for (size_t t = 0; t < tasks->n_tasks; t++) {
        const itp_task *task = &tasks->tasks[t];
        for (size_t i = 0; task->cls == ITP_PHYSICAL && i < task->n_inputs; i++) {
            const itp_port *port = &task->inputs[i];
            if (port->labels || (!isfinite(port->low) && !isfinite(port->high))) continue;
            itp_margin *bound = &c->bounds[c->n_bounds++];
            *bound = (itp_margin){.task = strdup(task->name),
                                  .input = strdup(port->name),
                                  .unit = strdup(port->unit ? port->unit : "1"),
                                  .low = isfinite(port->low) ? port->low : -INFINITY,
                                  .high = isfinite(port->high) ? port->high : INFINITY};
            if (!bound->task || !bound->input || !bound->unit) return ITP_ENOMEM;
        }
    }
    return ITP_OK;
}

itp_status custody_open(custody *c, const char *file, size_t n, const char *const *texts,
                        const itp_tasks *tasks, itp_units *units, itp_error *err)
{
    size_t most = n + 1;
    *c = (custody){.file = file, .units = units};
    for (size_t t = 0; t < tasks->n_tasks; t++) most += tasks->tasks[t].n_inputs;
    c->bounds = calloc(most, sizeof *c->bounds);
    if (!c->bounds) return itp_fail(err, ITP_ENOMEM, "bounds");
    for (size_t i = 0; i < n; i++) {
        itp_status st = read_bound(c, texts[i], err);
        if (st != ITP_OK) return st;
    }
    c->own_bounds = n;
    if (add_ports(c, tasks) != ITP_OK) return itp_fail(err, ITP_ENOMEM, "bounds");
    custody_look(c);
    return ITP_OK;
}

void custody_close(custody *c)
{
    for (size_t i = 0; i < c->n_bounds; i++) {
        free((char *)c->bounds[i].task);
        free((char *)c->bounds[i].input);
        free((char *)c->bounds[i].unit);
    }
    free(c->bounds);
    *c = (custody){0};
}

int custody_look(custody *c)
{
    char line[CUSTODY_SAMPLE_MAX] = "";
    FILE *file = c->file ? fopen(c->file, "re") : NULL;
    if (!c->file) return 0;
    if (file && !fgets(line, sizeof line, file)) line[0] = '\0';
    if (file) fclose(file);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) *at = '\0';
    if (!line[0]) snprintf(line, sizeof line, CUSTODY_NONE);
    int other = strcmp(line, c->sample) != 0;
    memcpy(c->sample, line, sizeof line);
    return other;
}

const char *custody_sample(const custody *c)
{
    return c->file ? c->sample : NULL;
}

void custody_judge(custody *c, const char *sample, size_t n, const itp_value *inputs,
                   char text[256])
{
    custody_look(c);
    if (sample && c->file && strcmp(sample, c->sample) != 0) {
        snprintf(text, 256, "sample %.100s is wanted, %.100s is loaded", sample, c->sample);
        return;
    }
    for (size_t i = 0; i < c->own_bounds; i++) {
        const itp_margin *bound = &c->bounds[i];
        for (size_t k = 0; k < n; k++) {
            double number;
            itp_error err = {.status = ITP_OK};
            if (inputs[k].label || strcmp(inputs[k].name, bound->input) != 0) continue;
            if (itp_units_convert(c->units, inputs[k].unit ? inputs[k].unit : "1", bound->unit,
                                  inputs[k].number, &number, &err) != ITP_OK)
                snprintf(text, 256, "%.60s: %.180s", bound->input, err.text);
            else if (!(number >= bound->low && number <= bound->high))
                snprintf(text, 256, "%.60s = %g %.40s: this station takes %g to %g %.40s",
                         bound->input, number, bound->unit, bound->low, bound->high, bound->unit);
        }
    }
}
