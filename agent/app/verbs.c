/* verbs.c - pause, resume, drain, cancel, retract, resolve: a person's word, to the agent or to the
 * journal. SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "say.h"
#include "words_of.h"

static int say(const char *journal, json_t *words)
{
    itp_error err = {0};
    char *text = json_dumps(words, JSON_COMPACT);
    itp_status st = text ? itp_say_verb(journal, text, &err) : ITP_ENOMEM;
    free(text);
    json_decref(words);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}

/* Who says it and why, in one text: "ada: robot jammed". */
static void add_reason(json_t *words, const char *by, const char *text)
{
    const char *user = by ? by : getenv("USER");
    char who[300];
    snprintf(who, sizeof who, "%.60s%s%.200s", user && *user ? user : "somebody", text ? ": " : "",
             text ? text : "");
    json_object_set_new(words, "text", json_string(who));
}

/* What a verb is about, and who says it. */
typedef struct told {
    const char *journal, *by, *reason;
    int all;
} told;

static int read_told(int argc, char **argv, json_t *words, told *out)
{
    static const struct option LONG[] = {{"trial", required_argument, NULL, 't'},
                                         {"request", required_argument, NULL, 'r'},
                                         {"event", required_argument, NULL, 'e'},
                                         {"station", required_argument, NULL, 's'},
                                         {"as", required_argument, NULL, 'A'},
                                         {"by", required_argument, NULL, 'b'},
                                         {"reason", required_argument, NULL, 'x'},
                                         {"text", required_argument, NULL, 'x'},
                                         {"all", no_argument, NULL, 'a'},
                                         {"reject", no_argument, NULL, 'R'},
                                         {NULL, 0, NULL, 0}};
    static const char *const KEYS[] = {['t'] = "trial", ['r'] = "request", ['e'] = "event"};
    char command[32];
    long long id;
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    optind = 0;
    *out = (told){NULL};
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        switch (c) {
        case 'a': out->all = 1; break;
        case 'R': json_object_set_new(words, "reject", json_true()); break;
        case 'A': json_object_set_new(words, "as", json_string(optarg)); break;
        case 's': json_object_set_new(words, "worker", json_string(optarg)); break;
        case 'b': out->by = optarg; break;
        case 'x': out->reason = optarg; break;
        case '?': return app_usage(command, "that is not an option of %s", argv[0]);
        default:
            if (!app_number(optarg, 1, &id))
                return app_usage(command, "--%s %s: a number from 1", KEYS[c], optarg);
            json_object_set_new(words, KEYS[c], json_integer(id));
        }
    }
    if (optind >= argc) return app_usage(command, "%s takes a journal", argv[0]);
    out->journal = argv[optind++];
    return 0;
}

/* JOURNAL [REASON], and no more. */
static int plain(int argc, char **argv)
{
    json_t *words = json_pack("{s:s}", "verb", argv[0]);
    char command[32];
    told t;
    int code = read_told(argc, argv, words, &t);
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    if (!code && (argc - optind > 1 || json_object_size(words) > 1 || t.all))
        code = app_usage(command, "%s takes a journal and a reason", argv[0]);
    if (code) {
        json_decref(words);
        return code;
    }
    add_reason(words, t.by, optind < argc ? argv[optind] : t.reason);
    return say(t.journal, words);
}

int app_pause(int argc, char **argv)
{
    return plain(argc, argv);
}

int app_resume(int argc, char **argv)
{
    return plain(argc, argv);
}

int app_drain(int argc, char **argv)
{
    return plain(argc, argv);
}

/* JOURNAL [--station NAME] [REASON]; the words are the caller's to release. */
static int of_station(int argc, char **argv, const char *verb, json_t **words, told *t)
{
    char command[32];
    *words = json_pack("{s:s}", "verb", verb);
    int code = read_told(argc, argv, *words, t);
    size_t known = 1 + (json_object_get(*words, "worker") != NULL);
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    if (!code && (argc - optind > 1 || json_object_size(*words) > known || t->all))
        code = app_usage(command, "%s takes a journal, --station and a reason", argv[0]);
    if (!code) add_reason(*words, t->by, optind < argc ? argv[optind] : t->reason);
    return code;
}

int app_safe_stop(int argc, char **argv)
{
    json_t *words;
    told t;
    int code = of_station(argc, argv, "safe_stop", &words, &t);
    const char *station = json_string_value(json_object_get(words, "worker"));
    if (!code) code = say(t.journal, json_incref(words));
    if (!code) code = app_await_halt(t.journal, station);
    json_decref(words);
    return code;
}

int app_ready(int argc, char **argv)
{
    json_t *words;
    told t;
    int code = of_station(argc, argv, "ready", &words, &t);
    if (!code) return say(t.journal, words);
    json_decref(words);
    return code;
}

static int one_of(int argc, char **argv, int may_be_all)
{
    json_t *words = json_pack("{s:s}", "verb", argv[0]);
    told t;
    int code = read_told(argc, argv, words, &t);
    char command[32];
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    int named = json_object_get(words, "trial") || json_object_get(words, "request") ||
                json_object_get(words, "event");
    if (!code && !named && !(may_be_all && t.all))
        code = app_usage(command, "%s needs to know what: a trial or a request", argv[0]);
    if (code) {
        json_decref(words);
        return code;
    }
    add_reason(words, t.by, optind < argc ? argv[optind] : t.reason);
    return say(t.journal, words);
}

int app_cancel(int argc, char **argv)
{
    return one_of(argc, argv, 1);
}

int app_retract(int argc, char **argv)
{
    return one_of(argc, argv, 0);
}

int app_resolve(int argc, char **argv)
{
    json_t *words = json_pack("{s:s}", "verb", "resolve"), *values = json_array();
    itp_error err = {0};
    told t;
    int code = read_told(argc, argv, words, &t);
    for (int i = optind; !code && i < argc; i++)
        if (app_add_value(values, argv[i], &err) != ITP_OK) code = app_fail(ITP_EINVAL, &err);
    json_object_set_new(words, "values", values);
    if (!code && !json_object_get(words, "request"))
        code = app_usage("resolve ", "resolve needs --request");
    if (code) {
        json_decref(words);
        return code;
    }
    add_reason(words, t.by, t.reason);
    return say(t.journal, words);
}

int app_approve(int argc, char **argv)
{
    json_t *words = json_pack("{s:s}", "verb", "approve");
    told t;
    long long id;
    int code = read_told(argc, argv, words, &t);
    if (!code && !json_object_get(words, "request")) {
        if (optind < argc && app_number(argv[optind], 1, &id) && optind++)
            json_object_set_new(words, "request", json_integer(id));
        else
            code = app_usage("approve ", "approve takes a journal and the number of a request");
    }
    if (code) {
        json_decref(words);
        return code;
    }
    add_reason(words, t.by, optind < argc ? argv[optind] : t.reason);
    return say(t.journal, words);
}
