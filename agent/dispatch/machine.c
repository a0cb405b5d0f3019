/* machine.c - reads the CPU's name and asks BLAS and our tiles which kernels they chose.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "blas.h"
#include "interphase/version.h"
#include "tiles.h"

static void cpu_model(char *out, size_t size)
{
    snprintf(out, size, "unknown CPU");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file) return;
    char line[256];
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(out, size, "%s", colon + 2);
        break;
    }
    fclose(file);
}

const char *itp_machine_text(char *text, size_t size)
{
    char cpu[128];
    cpu_model(cpu, sizeof cpu);
    const itp_tiles *tiles = itp_tiles_here(); /* our own kernels round in their own way */
    snprintf(text, size, "%s; %s, %s; interphase " ITP_VERSION, cpu, itp_blas_kernel(),
             tiles ? tiles->name : "no tiles");
    return text;
}

const char *itp_opened_text(char *text, size_t size)
{
    char machine[256];
    struct utsname host;
    if (uname(&host) != 0) host.nodename[0] = '\0';
    json_t *object =
        json_pack("{s:s, s:i, s:s, s:s}", "host", host.nodename, "pid", (int)getpid(), "version",
                  ITP_VERSION, "machine", itp_machine_text(machine, sizeof machine));
    char *dump = object ? json_dumps(object, JSON_COMPACT) : NULL;
    snprintf(text, size, "%s", dump ? dump : "{}");
    free(dump);
    json_decref(object);
    return text;
}
