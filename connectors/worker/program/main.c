/* main.c - `interphase-worker`, which `interphase worker` executes: reads the command line, then
 * lives as worker.h says. SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interphase/version.h"
#include "worker.h"

enum { ALLOW_MAX = 256, BOUNDS_MAX = 64, USAGE = 2, FAILURE = 3 };

static const char HELP[] =
    "usage: interphase worker --connect ENDPOINT --connector NAME|PATH.so|TASKS.py [options]\n"
    "       interphase worker --connector NAME|PATH.so|TASKS.py --describe\n"
    "       interphase worker --connector NAME|PATH.so|TASKS.py --check TASK OPTIONS\n"
    "\n"
    "Performs the tasks of one connector for the agent at ENDPOINT, until it is told to stop.\n"
    "\n"
    "  --connect ENDPOINT   where the agent listens: tcp://HOST:PORT, or ipc://PATH on one "
    "machine\n"
    "  --key FILE           our key, as `interphase enrol` has written it (TCP); it names the\n"
    "                       agent too, so that --connect may be left out\n"
    "  --server-key KEY     the agent's public key, or a file with it, where our key has none\n"
    "  --connector NAME     name of an installed connector, or the path of a .so or a .py\n"
    "  --config JSON        the connector's own settings\n"
    "  --slots N            attempts at a time (default 1)\n"
    "  --name ID            as the agent shows this worker (default HOST-CONNECTOR)\n"
    "  --allow PROGRAM      a program that the command connector may run; may be repeated\n"
    "  --base FOLDER        relative paths in a task's options start here (default: this folder)\n"
    "  --state FOLDER       outbox, ledger and attempts (default ~/.local/state/interphase/ID)\n"
    "  --sample-file FILE   its first line is the id of the sample that is loaded, now\n"
    "  --bound BOUND        of this station: NAME=LOW..HIGH UNIT; may be repeated\n"
    "  --drain              on SIGTERM or SIGINT finish running work first; a second one ends it\n"
    "  --die-with-parent    end when the process that started this one does\n"
    "  --log LEVEL          debug, info, warn (default) or error, on standard error\n"
    "  --describe           print the connector's tasks as JSON\n"
    "  --check TASK OPTIONS check a task's options (a JSON object) and say what is wrong\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 stopped, 2 usage, 3 failure.\n";

typedef struct {
    itp_worker_options options;
    const char *allow[ALLOW_MAX], *bounds[BOUNDS_MAX];
    const char *endpoints[ITP_WORKER_AGENTS_MAX], *server_keys[ITP_WORKER_AGENTS_MAX];
    const char *check; /* task */
    itp_log_to log;
    int describe;
} arguments;

static int complain(const char *text)
{
    fprintf(stderr, "interphase worker: %s\n(try interphase worker --help)\n", text);
    return USAGE;
}

static int read_level(const char *text, itp_log_level *out)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(text, levels[i]) == 0) {
            *out = (itp_log_level)i;
            return 0;
        }
    return complain("--log takes debug, info, warn or error");
}

static int read_slots(const char *text, unsigned *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || n < 1 || n > ITP_WORKER_SLOTS_MAX)
        return complain("--slots takes a number from 1 to 1024");
    *out = (unsigned)n;
    return 0;
}

/* One more value of an option that may be repeated. */
static int add(const char **list, unsigned *n, unsigned most, const char *option)
{
    if (*n == most) {
        fprintf(stderr, "interphase worker: more than %u times %s\n", most, option);
        return USAGE;
    }
    list[(*n)++] = optarg;
    return 0;
}

/* -1: go on; else the exit code. */
static int read_arguments(int argc, char **argv, arguments *a)
{
    static const struct option OPTIONS[] = {{"connect", required_argument, NULL, 'c'},
                                            {"key", required_argument, NULL, 'K'},
                                            {"server-key", required_argument, NULL, 'P'},
                                            {"connector", required_argument, NULL, 'C'},
                                            {"config", required_argument, NULL, 'j'},
                                            {"slots", required_argument, NULL, 's'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"allow", required_argument, NULL, 'a'},
                                            {"base", required_argument, NULL, 'b'},
                                            {"state", required_argument, NULL, 'S'},
                                            {"sample-file", required_argument, NULL, 'f'},
                                            {"bound", required_argument, NULL, 'B'},
                                            {"drain", no_argument, NULL, 'd'},
                                            {"die-with-parent", no_argument, NULL, 'p'},
                                            {"log", required_argument, NULL, 'l'},
                                            {"describe", no_argument, NULL, 'D'},
                                            {"check", required_argument, NULL, 'k'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    itp_worker_options *o = &a->options;
    int bad = 0;
    for (int option; !bad && (option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (option) {
        case 'c':
            bad = add(a->endpoints, &o->n_endpoints, ITP_WORKER_AGENTS_MAX, "--connect");
            break;
        case 'K': o->key = optarg; break;
        case 'P':
            bad = add(a->server_keys, &o->n_server_keys, ITP_WORKER_AGENTS_MAX, "--server-key");
            break;
        case 'C': o->connector = optarg; break;
        case 'j': o->config = optarg; break;
        case 's': bad = read_slots(optarg, &o->slots); break;
        case 'n': o->name = optarg; break;
        case 'a': bad = add(a->allow, &o->n_allow, ALLOW_MAX, "--allow"); break;
        case 'f': o->sample_file = optarg; break;
        case 'B': bad = add(a->bounds, &o->n_bounds, BOUNDS_MAX, "--bound"); break;
        case 'b': o->base = optarg; break;
        case 'S': o->state = optarg; break;
        case 'd': o->drain = 1; break;
        case 'p': o->die_with_parent = 1; break;
        case 'l': bad = read_level(optarg, &a->log.least); break;
        case 'D': a->describe = 1; break;
        case 'k': a->check = optarg; break;
        case 'h': fputs(HELP, stdout); return 0;
        case 'V': puts("interphase-worker " ITP_VERSION); return 0;
        default: return USAGE;
        }
    }
    return bad ? bad : -1;
}

static int is_python(const char *connector)
{
    size_t size = strlen(connector);
    return size > 3 && strcmp(connector + size - 3, ".py") == 0;
}

/* A file of Python tasks has a worker of its own (connectors/python), which takes the same options:
 * the one beside this program, or on the PATH. Returns only when there is none. */
static int become_python(char **argv)
{
    static const char NAME[] = "interphase-python";
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof NAME);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    memcpy(slash ? slash + 1 : path, NAME, sizeof NAME);
    execv(path, argv);
    execvp(NAME, argv);
    fprintf(stderr, "interphase worker: %s: %s; it performs tasks of Python files\n", path,
            strerror(errno));
    return FAILURE;
}

static int print_schema(const itp_plugin *plugin)
{
    char *schema;
    if (itp_plugin_schema(plugin, &schema) != ITP_OK) return FAILURE;
    puts(schema);
    free(schema);
    return 0;
}

/* --describe and --check: the connector answers without an agent. */
static int ask_connector(const arguments *a, const char *options)
{
    itp_plugin *plugin;
    itp_error err;
    int code = 0;
    if (itp_plugin_load(&plugin, a->options.connector, a->options.base, &err) != ITP_OK) {
        fprintf(stderr, "interphase worker: %s\n", err.text);
        return FAILURE;
    }
    if (a->options.base && chdir(a->options.base) != 0) {
        perror(a->options.base);
        code = FAILURE;
    } else if (a->describe) {
        code = print_schema(plugin);
    } else if (itp_plugin_check(plugin, a->check, options, &err) != ITP_OK) {
        fprintf(stderr, "%s\n", err.text);
        code = USAGE;
    }
    itp_plugin_unload(plugin);
    return code;
}

int main(int argc, char **argv)
{
    arguments a = {.options = {.slots = 1}, .log = {2, ITP_WARN, NULL}};
    int code = read_arguments(argc, argv, &a);
    if (code >= 0) return code;
    if (!a.options.connector) return complain("--connector is missing");
    if (is_python(a.options.connector)) return become_python(argv);
    const char *rest = optind < argc ? argv[optind] : NULL;
    if (a.describe || a.check) {
        if (a.check && !rest) return complain("--check takes a task and its options as JSON");
        return ask_connector(&a, rest);
    }
    if (rest) return complain("unexpected argument");
    if (!a.options.n_endpoints && !a.options.key) return complain("--connect or --key is missing");
    a.options.allow = a.allow;
    a.options.bounds = a.bounds;
    a.options.endpoints = a.endpoints;
    a.options.server_keys = a.server_keys;
    itp_error err = {.status = ITP_OK};
    itp_status st = itp_worker_run(&a.options, &a.log, &err);
    if (st != ITP_OK) fprintf(stderr, "interphase worker: %s\n", err.text);
    /* Threads of a connector that would not stop are still running: no exit handlers then. */
    if (st == ITP_ETIMEOUT) _exit(FAILURE);
    return st == ITP_OK ? 0 : FAILURE;
}
