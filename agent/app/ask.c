/* ask.c - interphase ask and tell: a person or a script is the experiment.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "say.h"
#include "words_of.h"

static void print_suggestions(const char *answer)
{
    json_t *object = json_loads(answer, 0, NULL), *trial, *value;
    size_t i;
    const char *name;
    json_array_foreach(json_object_get(object, "trials"), i, trial)
    {
        printf("trial %lld:", (long long)json_integer_value(json_object_get(trial, "trial")));
        json_object_foreach(json_object_get(trial, "point"), name, value)
        {
            if (json_is_string(value))
                printf(" %s=%s", name, json_string_value(value));
            else
                printf(" %s=%.6g", name, json_number_value(value));
        }
        json_object_foreach(json_object_get(trial, "predicted"), name, value)
            printf("  [%s %.4g +- %.2g]", name, json_number_value(json_object_get(value, "mean")),
                   json_number_value(json_object_get(value, "sd")));
        putchar('\n');
    }
    printf("method %s: %s\n", json_string_value(json_object_get(object, "method")),
           json_string_value(json_object_get(object, "why")));
    json_decref(object);
}

int app_ask(int argc, char **argv)
{
    static const struct option LONG[] = {{"journal", required_argument, NULL, 'j'},
                                         {"json", no_argument, NULL, 'J'},
                                         {NULL, 0, NULL, 0}};
    const char *journal = NULL;
    long long n = 1;
    int json = 0, code = EXIT_FINISHED;
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "n:", LONG, NULL)) != -1;) {
        if (c == 'j')
            journal = optarg;
        else if (c == 'J')
            json = 1;
        else if (c != 'n')
            return app_usage("ask ", "that is not an option of ask");
        else if (!app_number(optarg, 1, &n))
            return app_usage("ask ", "-n %s: a number from 1", optarg);
    }
    if (optind + 1 != argc) return app_usage("ask ", "ask takes a campaign file or a journal");
    const char *campaign = app_is_definition(argv[optind]) ? argv[optind] : NULL;
    char *own = campaign && !journal ? app_journal_of(campaign, &code) : NULL;
    if (campaign && !journal && !own) return code;
    if (!journal) journal = own ? own : argv[optind];
    char words[80], *answer = NULL;
    itp_error err = {0};
    snprintf(words, sizeof words, "{\"verb\":\"ask\",\"n\":%lld}", n);
    itp_status st = itp_say(journal, campaign, words, &answer, &err);
    if (st != ITP_OK)
        code = app_fail(st, &err);
    else if (json)
        puts(answer);
    else
        print_suggestions(answer);
    free(answer);
    free(own);
    return st == ITP_OK ? EXIT_FINISHED : code;
}

static int say_tell(const char *journal, json_t *words)
{
    itp_error err = {0};
    char *text = json_dumps(words, JSON_COMPACT), *answer = NULL;
    itp_status st = text ? itp_say(journal, NULL, text, &answer, &err) : ITP_ENOMEM;
    json_t *said = answer ? json_loads(answer, 0, NULL) : NULL;
    const char *note = json_string_value(json_object_get(said, "note"));
    if (note) printf("note: %s\n", note);
    json_decref(said);
    free(answer);
    free(text);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}

/* Arguments behind the options: NAME=VALUE ... -- OUTPUT=VALUE ... when --at is given, else
 * outputs. */
static itp_status read_arguments(json_t *words, int argc, char **argv, int at, itp_error *err)
{
    json_t *values = json_array(), *point = json_object();
    itp_status st = ITP_OK;
    int outputs = !at;
    for (int i = optind; st == ITP_OK && i < argc; i++) {
        if (at && strcmp(argv[i], "--") == 0)
            outputs = 1;
        else if (outputs)
            st = app_add_value(values, argv[i], err);
        else
            st = app_set_point(point, argv[i], err);
    }
    if (json_array_size(values)) json_object_set(words, "values", values);
    if (at) json_object_set(words, "point", point);
    json_decref(values);
    json_decref(point);
    return st;
}

int app_tell(int argc, char **argv)
{
    static const struct option LONG[] = {{"trial", required_argument, NULL, 't'},
                                         {"task", required_argument, NULL, 'k'},
                                         {"failed", required_argument, NULL, 'f'},
                                         {"at", no_argument, NULL, 'a'},
                                         {NULL, 0, NULL, 0}};
    if (argc < 3 || argv[1][0] == '-') return app_usage("tell ", "tell takes a journal and values");
    json_t *words = json_pack("{s:s}", "verb", "tell");
    const char *journal = argv[1];
    long long trial = 0;
    int at = 0, code = 0;
    argv++, argc--;
    optind = 0;
    for (int c; !code && (c = getopt_long(argc, argv, "+", LONG, NULL)) != -1;) {
        if (c == 'a')
            at = 1;
        else if (c == 'k')
            json_object_set_new(words, "task", json_string(optarg));
        else if (c == 'f')
            json_object_set_new(words, "failed", json_string(optarg));
        else if (c != 't')
            code = app_usage("tell ", "that is not an option of tell");
        else if (app_number(optarg, 1, &trial))
            json_object_set_new(words, "trial", json_integer(trial));
        else
            code = app_usage("tell ", "--trial %s: a number from 1", optarg);
        if (at) break; /* What follows is the point. */
    }
    itp_error err = {0};
    if (!code && read_arguments(words, argc, argv, at, &err) != ITP_OK)
        code = app_fail(ITP_EINVAL, &err);
    if (!code) code = say_tell(journal, words);
    json_decref(words);
    return code;
}
