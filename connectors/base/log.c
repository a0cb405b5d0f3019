/* log.c - see log.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { LINE_MAX_BYTES = 2048 };

const char *itp_log_level_name(itp_log_level level)
{
    static const char *const names[] = {"DEBUG", "INFO", "WARN", "ERROR"};
    return (unsigned)level < sizeof names / sizeof *names ? names[level] : "?";
}

void itp_log(const itp_log_to *log, itp_log_level level, const char *event, const char *format, ...)
{
    if (!log || level < log->least) return;
    char line[LINE_MAX_BYTES], at[ITP_CLOCK_TEXT];
    int used =
        snprintf(line, sizeof line, "%s %s %s%s%s ", itp_clock_text(itp_clock_utc_ms(), at),
                 itp_log_level_name(level), event, log->who ? " " : "", log->who ? log->who : "");
    if (used < 0) return;
    size_t size = (size_t)used;
    if (size < sizeof line) {
        va_list args;
        va_start(args, format);
        used = vsnprintf(line + size, sizeof line - size, format, args);
        va_end(args);
        if (used > 0) size += (size_t)used;
    }
    if (size > sizeof line - 1) size = sizeof line - 1; /* cut; the last byte becomes the newline */
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) line[i] = ' ';
    while (size > 0 && line[size - 1] == ' ') size--;
    line[size] = '\n';
    /* A log that cannot be written must not stop the work it tells of. */
    ssize_t written = write(log->fd, line, size + 1);
    (void)written;
}
