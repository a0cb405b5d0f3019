/* enrol.c - interphase enrol: admits a worker or a person to this user's agents, in one command,
 * and prints the one command of the other side. Without a public key it makes the pair, and the
 * file that it leaves is all that the other side needs. SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allowed.h"
#include "app.h"
#include "clock.h"

typedef struct enrolment {
    const char *name, *public_key, *remark, *file, *folder, *revoke;
    char endpoint[ITP_ENDPOINT_TEXT];
    unsigned roles;
    int list;
    char place[PATH_MAX - 100], allowed[PATH_MAX]; /* key folder and the list in it */
} enrolment;

static int parse(enrolment *e, int argc, char **argv)
{
    static const struct option LONG[] = {
        {"role", required_argument, NULL, 'r'},    {"public", required_argument, NULL, 'p'},
        {"connect", required_argument, NULL, 'c'}, {"remark", required_argument, NULL, 'm'},
        {"keys", required_argument, NULL, 'k'},    {"revoke", required_argument, NULL, 'R'},
        {"list", no_argument, NULL, 'l'},          {NULL, 0, NULL, 0}};
    char host[200] = "localhost";
    gethostname(host, sizeof host - 1);
    *e = (enrolment){.roles = ITP_ROLE_COMPUTE};
    snprintf(e->endpoint, sizeof e->endpoint, "tcp://%s:%d", host, ITP_PORT);
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "o:", LONG, NULL)) != -1;) {
        switch (c) {
        case 'p': e->public_key = optarg; break;
        case 'm': e->remark = optarg; break;
        case 'o': e->file = optarg; break;
        case 'k': e->folder = optarg; break;
        case 'R': e->revoke = optarg; break;
        case 'l': e->list = 1; break;
        case 'c':
            if (strncmp(optarg, "tcp://", 6) != 0 || strlen(optarg) >= sizeof e->endpoint ||
                strpbrk(optarg, " \t\n"))
                return app_usage("enrol ", "--connect %.80s: expected tcp://HOST:PORT", optarg);
            strcpy(e->endpoint, optarg);
            break;
        case 'r':
            if (!(e->roles = itp_roles_read(optarg)))
                return app_usage("enrol ", "--role %.80s: compute, station, operate, observe",
                                 optarg);
            break;
        default: return app_usage("enrol ", "that is not an option of enrol");
        }
    }
    if (optind < argc) e->name = argv[optind++];
    if (optind < argc || !e->name == !(e->list || e->revoke))
        return app_usage("enrol ", "enrol takes one name, or --list, or --revoke NAME");
    if (e->name && !itp_keys_is_name(e->name))
        return app_usage("enrol ", "%.80s: a name has letters, digits, '.', '_' and '-'", e->name);
    if (e->public_key && !itp_keys_is_public(e->public_key))
        return app_usage("enrol ", "--public %.80s: not a key, 40 characters as keygen prints them",
                         e->public_key);
    return 0;
}

/* The agent's own pair, made when there is none yet. */
static itp_status own_keys(const enrolment *e, itp_keys *out, itp_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/agent.key", e->place);
    itp_status st = itp_keys_read(out, path, err);
    if (st != ITP_ENOTFOUND) return st;
    st = itp_keys_make(out, "agent", err);
    return st == ITP_OK ? itp_keys_write(out, path, err) : st;
}

static int is_worker(const enrolment *e)
{
    return (e->roles & (ITP_ROLE_COMPUTE | ITP_ROLE_STATION)) != 0;
}

static const char *port_of(const enrolment *e)
{
    const char *colon = strrchr(e->endpoint + sizeof "tcp://" - 1, ':');
    return colon ? colon + 1 : "*";
}

static void explain(const enrolment *e, const char *file, const char *server_key)
{
    char roles[64];
    printf("%s is admitted (%s) in %s\n\n", e->name, itp_roles_text(e->roles, roles), e->allowed);
    if (file)
        printf("Take %s there (scp -p %s HOST:), then run there:\n", file, file);
    else
        printf("Run there:\n");
    const char *base = file ? strrchr(file, '/') : NULL;
    const char *key = base ? base + 1 : file ? file : e->name;
    char where[ITP_ENDPOINT_TEXT + 80] = "";
    if (!file)
        snprintf(where, sizeof where, " --connect %s --server-key '%s'", e->endpoint, server_key);
    if (is_worker(e)) printf("  interphase worker --key %s%s --connector NAME\n", key, where);
    if (!is_worker(e) || e->roles & (ITP_ROLE_OPERATE | ITP_ROLE_OBSERVE))
        printf("  interphase status --key %s%s\n", key, where);
    printf("and here, so that %s is answered:\n"
           "  interphase run CAMPAIGN.yaml --listen tcp://*:%s\n",
           e->endpoint, port_of(e));
}

static itp_status admit(const enrolment *e, const char *key, itp_error *err)
{
    itp_allowed list = {0};
    itp_allowed_key entry = {.roles = e->roles};
    char now[ITP_CLOCK_TEXT];
    itp_status st = itp_allowed_refresh(&list, e->allowed, NULL, err);
    const itp_allowed_key *old = st == ITP_OK ? itp_allowed_named(&list, e->name) : NULL;
    if (old && !e->public_key)
        st = itp_fail(err, ITP_EEXISTS,
                      "%s is admitted already; first: interphase enrol --revoke %s", e->name,
                      e->name);
    snprintf(entry.name, sizeof entry.name, "%s", e->name);
    snprintf(entry.key, sizeof entry.key, "%s", key);
    snprintf(entry.remark, sizeof entry.remark, "%.10s%s%.100s",
             itp_clock_text(itp_clock_utc_ms(), now), e->remark ? " " : "",
             e->remark ? e->remark : "");
    for (char *at = entry.remark; *at; at++)
        if (*at == '\n' || *at == '\r') *at = ' ';
    if (st == ITP_OK) st = itp_allowed_put(e->allowed, &entry, err);
    itp_allowed_deinit(&list);
    return st;
}

/* Makes the pair too: one file holds all that the other side needs. */
static itp_status admit_with_file(const enrolment *e, const itp_keys *agent, char *path,
                                  size_t size, itp_error *err)
{
    itp_keys keys;
    itp_status st = itp_keys_make(&keys, e->name, err);
    if (st != ITP_OK) return st;
    snprintf(path, size, "%s%s", e->file ? e->file : e->name, e->file ? "" : ".key");
    keys.n_agents = 1;
    memcpy(keys.agents[0].endpoint, e->endpoint, sizeof e->endpoint);
    memcpy(keys.agents[0].key, agent->public_key, sizeof agent->public_key);
    st = itp_keys_write(&keys, path, err);
    if (st == ITP_OK && (st = admit(e, keys.public_key, err)) != ITP_OK) unlink(path);
    itp_keys_wipe(&keys);
    return st;
}

static int enrol(const enrolment *e)
{
    char path[PATH_MAX];
    itp_keys agent;
    itp_error err = {0};
    itp_status st = own_keys(e, &agent, &err);
    if (st == ITP_OK)
        st = e->public_key ? admit(e, e->public_key, &err)
                           : admit_with_file(e, &agent, path, sizeof path, &err);
    if (st == ITP_OK) explain(e, e->public_key ? NULL : path, agent.public_key);
    itp_keys_wipe(&agent);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}

static int list_all(const enrolment *e)
{
    itp_allowed list = {0};
    itp_error err = {0};
    char roles[64];
    itp_status st = itp_allowed_refresh(&list, e->allowed, NULL, &err);
    for (size_t i = 0; i < list.n; i++)
        printf("%-16s %-16s %s  %s\n", list.items[i].name,
               itp_roles_text(list.items[i].roles, roles), list.items[i].key, list.items[i].remark);
    itp_allowed_deinit(&list);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}

static int take_back(const enrolment *e)
{
    itp_error err = {0};
    itp_status st = itp_allowed_remove(e->allowed, e->revoke, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    printf("%s is not admitted any more; running agents drop it within a second\n", e->revoke);
    return EXIT_FINISHED;
}

int app_enrol(int argc, char **argv)
{
    enrolment e;
    itp_error err = {0};
    int code = parse(&e, argc, argv);
    if (code) return code;
    itp_status st = itp_keys_folder(e.place, sizeof e.place, e.folder, !e.revoke && !e.list, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    snprintf(e.allowed, sizeof e.allowed, "%s/allowed", e.place);
    if (e.list) return list_all(&e);
    int locked; /* the agent's own key may be made too: one enrolment at a time */
    if ((st = itp_allowed_lock(e.allowed, &locked, &err)) != ITP_OK) return app_fail(st, &err);
    code = e.revoke ? take_back(&e) : enrol(&e);
    close(locked);
    return code;
}
