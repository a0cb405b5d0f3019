/* series.c - one row a line, ten significant digits: more than any cycler gives.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "series.h"

#include <errno.h>
#include <string.h>

itp_status itp_cell_series_open(itp_cell_series *s, const char *path, itp_error *err)
{
    *s = (itp_cell_series){0};
    if (strlen(path) >= sizeof s->path)
        return itp_fail(err, ITP_EINVAL, "series %.80s...: the path is too long", path);
    snprintf(s->path, sizeof s->path, "%s", path);
    s->file = fopen(path, "w");
    if (!s->file) return itp_fail(err, ITP_EIO, "series %s: %s", path, strerror(errno));
    fputs("Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step ID,Step Time / s,"
          "Net Capacity / Ah,Temperature T1 / degC\n",
          s->file);
    return ITP_OK;
}

itp_status itp_cell_series_row(void *series, const itp_cell_model *m, const itp_cell_row *row)
{
    itp_cell_series *s = series;
    (void)m;
    s->rows++;
    int n = fprintf(s->file, "%.10g,%.10g,%.10g,%zu,%zu,%.10g,%.10g,%.8g\n", row->time_s,
                    row->voltage, row->current, row->cycle, row->step, row->step_time_s,
                    row->charge, row->temperature - 273.15);
    return n < 0 ? ITP_EIO : ITP_OK;
}

itp_status itp_cell_series_close(itp_cell_series *s, itp_error *err)
{
    if (!s->file) return ITP_OK;
    int bad = ferror(s->file) != 0;
    bad |= fclose(s->file) != 0;
    s->file = NULL;
    return bad ? itp_fail(err, ITP_EIO, "series %s: not all was written", s->path) : ITP_OK;
}
