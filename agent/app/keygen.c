/* keygen.c - interphase keygen: a key pair for this machine or person, and what to say on the
 * agent's machine so that it is admitted. SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "keys.h"

/* This machine's name up to the first dot, if it can be a key's. */
static const char *own_name(char name[ITP_KEYS_NAME])
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = '\0';
    snprintf(name, ITP_KEYS_NAME, "%.60s", host);
    return itp_keys_is_name(name) ? name : "worker";
}

static int make(const char *name, const char *given)
{
    char folder[PATH_MAX - 100], path[PATH_MAX];
    itp_keys keys;
    itp_error err = {0};
    itp_status st = itp_keys_folder(folder, sizeof folder, given, 1, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    snprintf(path, sizeof path, "%s/%s.key", folder, name);
    st = itp_keys_make(&keys, name, &err);
    if (st == ITP_OK) st = itp_keys_write(&keys, path, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    printf("key     %s\npublic  %s\n\n"
           "On the agent's machine run:\n"
           "  interphase enrol %s --public '%s'\n"
           "It prints what to run here.\n",
           path, keys.public_key, name, keys.public_key);
    itp_keys_wipe(&keys);
    return EXIT_FINISHED;
}

int app_keygen(int argc, char **argv)
{
    static const struct option LONG[] = {{"keys", required_argument, NULL, 'k'},
                                         {NULL, 0, NULL, 0}};
    const char *folder = NULL;
    char own[ITP_KEYS_NAME];
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c != 'k') return app_usage("keygen ", "that is not an option of keygen");
        folder = optarg;
    }
    if (optind + 1 < argc) return app_usage("keygen ", "keygen takes one name");
    const char *name = optind < argc ? argv[optind] : own_name(own);
    if (!itp_keys_is_name(name))
        return app_usage("keygen ", "%.80s: a name has letters, digits, '.', '_' and '-'", name);
    return make(name, folder);
}
