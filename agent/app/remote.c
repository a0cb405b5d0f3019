/* remote.c - see remote.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "remote.h"

#include <stdio.h>
#include <string.h>

static int is_for_agents(const char *verb)
{
    static const char *const VERBS[] = {"ask",     "tell",    "status",    "pause",
                                        "resume",  "drain",   "cancel",    "retract",
                                        "resolve", "approve", "safe-stop", "ready"};
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (strcmp(VERBS[i], verb) == 0) return 1;
    return 0;
}

int app_take_remote(int argc, char **argv, char place[APP_PLACE_MAX])
{
    static const char *const OPTIONS[] = {"--connect", "--key", "--server-key"};
    const char *values[3] = {NULL};
    int kept = 1, taken = 0;
    if (!is_for_agents(argv[0])) return argc;
    for (int i = 1; i < argc; i++) {
        int which = -1;
        for (int k = 0; k < 3; k++) {
            size_t n = strlen(OPTIONS[k]);
            if (strncmp(argv[i], OPTIONS[k], n) == 0 && (!argv[i][n] || argv[i][n] == '='))
                which = k;
        }
        if (which < 0) {
            argv[kept++] = argv[i];
            continue;
        }
        const char *equals = strchr(argv[i], '=');
        if (!equals && i + 1 == argc) return -1;
        values[which] = equals ? equals + 1 : argv[++i];
        taken = 1;
    }
    if (!taken) return argc;
    int used = snprintf(place, APP_PLACE_MAX, "%s%s%s%s%s", values[0] ? values[0] : "tcp://",
                        values[1] ? ",key=" : "", values[1] ? values[1] : "",
                        values[2] ? ",server=" : "", values[2] ? values[2] : "");
    if (used >= APP_PLACE_MAX || strncmp(place, "tcp://", 6) != 0) return -1;
    /* `--connect X` has left two places, `--connect=X` one: there is room for what goes in. */
    memmove(argv + 2, argv + 1, (size_t)(kept - 1) * sizeof *argv);
    argv[1] = place;
    argv[kept + 1] = NULL;
    return kept + 1;
}
