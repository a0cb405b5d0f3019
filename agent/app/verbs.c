/* verbs.c - pause, resume, cancel, retract, resolve: a person's word, to the agent or to the
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

static void add_reason(json_t *words, const char *text)
{
    const char *user = getenv("USER");
    char by[300];
    snprintf(by, sizeof by, "%.60s%s%.200s", user ? user : "somebody", text ? ": " : "",
             text ? text : "");
    json_object_set_new(words, "text", json_string(by));
}

static int plain(int argc, char **argv)
{
    char command[32];
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    if (argc < 2 || argc > 3) return app_usage(command, "%s takes a journal and a reason", argv[0]);
    json_t *words = json_pack("{s:s}", "verb", argv[0]);
    add_reason(words, argc == 3 ? argv[2] : NULL);
    return say(argv[1], words);
}

int app_pause(int argc, char **argv)
{
    return plain(argc, argv);
}

int app_resume(int argc, char **argv)
{
    return plain(argc, argv);
}

/* What a verb is about: --trial, --request, --event or --all; and the words behind. */
static int about(int argc, char **argv, json_t *words, const char **journal, int *all)
{
    static const struct option LONG[] = {{"trial", required_argument, NULL, 't'},
                                         {"request", required_argument, NULL, 'r'},
                                         {"event", required_argument, NULL, 'e'},
                                         {"as", required_argument, NULL, 'A'},
                                         {"text", required_argument, NULL, 'x'},
                                         {"all", no_argument, NULL, 'a'},
                                         {NULL, 0, NULL, 0}};
    static const char *const KEYS[] = {['t'] = "trial", ['r'] = "request", ['e'] = "event"};
    char command[32];
    long long id;
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    optind = 0;
    *all = 0;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 'a')
            *all = 1;
        else if (c == 'A')
            json_object_set_new(words, "as", json_string(optarg));
        else if (c == 'x')
            add_reason(words, optarg);
        else if (c == '?')
            return app_usage(command, "that is not an option of %s", argv[0]);
        else if (app_number(optarg, 1, &id))
            json_object_set_new(words, KEYS[c], json_integer(id));
        else
            return app_usage(command, "--%s %s: a number from 1", KEYS[c], optarg);
    }
    if (optind >= argc) return app_usage(command, "%s takes a journal", argv[0]);
    *journal = argv[optind++];
    return 0;
}

static int one_of(int argc, char **argv, int may_be_all)
{
    json_t *words = json_pack("{s:s}", "verb", argv[0]);
    const char *journal;
    int all, code = about(argc, argv, words, &journal, &all);
    char command[32];
    snprintf(command, sizeof command, "%.20s ", argv[0]);
    int named = json_object_get(words, "trial") || json_object_get(words, "request") ||
                json_object_get(words, "event");
    if (!code && !named && !(may_be_all && all))
        code = app_usage(command, "%s needs to know what: a trial or a request", argv[0]);
    if (code) {
        json_decref(words);
        return code;
    }
    add_reason(words, optind < argc ? argv[optind] : NULL);
    return say(journal, words);
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
    const char *journal;
    itp_error err = {0};
    int all, code = about(argc, argv, words, &journal, &all);
    for (int i = optind; !code && i < argc; i++)
        if (app_add_value(values, argv[i], &err) != ITP_OK) code = app_fail(ITP_EINVAL, &err);
    json_object_set_new(words, "values", values);
    if (!code && !json_object_get(words, "request"))
        code = app_usage("resolve ", "resolve needs --request");
    if (code) {
        json_decref(words);
        return code;
    }
    if (!json_object_get(words, "text")) add_reason(words, NULL);
    return say(journal, words);
}
