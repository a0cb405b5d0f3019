/* export.c - interphase export: a journal's content for other programs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "app.h"

static itp_status write_format(itp_journal *journal, const char *format, FILE *file, itp_error *err)
{
    if (strcmp(format, "csv") == 0) return itp_journal_export_csv(journal, file, err);
    if (strcmp(format, "measurements") == 0)
        return itp_journal_export_measurements(journal, file, err);
    if (strcmp(format, "json") == 0) return itp_journal_export_json(journal, 1, file, err);
    return itp_fail(err, ITP_EINVAL, "format %s: csv, measurements, json or journal", format);
}

static itp_status export(itp_journal *journal, const char *format, const char *path, itp_error *err)
{
    if (strcmp(format, "journal") == 0)
        return path ? itp_journal_copy(journal, path, err)
                    : itp_fail(err, ITP_EINVAL, "a journal is copied to a file: give -o FILE");
    FILE *file = path ? fopen(path, "we") : stdout;
    if (!file) return itp_fail(err, ITP_EIO, "file %s: %s", path, strerror(errno));
    itp_status st = write_format(journal, format, file, err);
    int failed = fflush(file) != 0;
    if (path) failed |= fclose(file) != 0;
    if (st == ITP_OK && failed)
        st =
            itp_fail(err, ITP_EIO, "file %s: %s", path ? path : "standard output", strerror(errno));
    return st;
}

int app_export(int argc, char **argv)
{
    static const struct option LONG[] = {{"format", required_argument, NULL, 'f'},
                                         {NULL, 0, NULL, 0}};
    const char *format = "csv", *path = NULL;
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "o:", LONG, NULL)) != -1;) {
        if (c == 'f')
            format = optarg;
        else if (c == 'o')
            path = optarg;
        else
            return app_usage("export ", "that is not an option of export");
    }
    if (optind + 1 != argc) return app_usage("export ", "export takes one journal");
    itp_journal *journal;
    itp_error err = {0};
    itp_status st = itp_journal_open(&journal, argv[optind], ITP_JOURNAL_READ, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    st = export(journal, format, path, &err);
    itp_journal_close(journal);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}
