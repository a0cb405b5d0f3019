/* say.c - tries the journal first; when another process holds it, speaks to that one.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "say.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "asking.h"
#include "client.h"
#include "machine.h"
#include "words.h"

static itp_status ask_here(itp_engine *engine, size_t n, char **answer, itp_error *err)
{
    char machine[256];
    itp_decider *decider;
    itp_asked asked;
    itp_status st = itp_decider_create(&decider, itp_machine_text(machine, sizeof machine), 0);
    if (st != ITP_OK) return itp_fail(err, st, "ask");
    st = itp_ask_now(engine, decider, n, &asked, err);
    if (st == ITP_OK) {
        *answer = itp_word_points(itp_engine_campaign(engine), asked.made, asked.first);
        itp_decision_destroy(asked.made);
        if (!*answer) st = itp_fail(err, ITP_ENOMEM, "ask");
    }
    itp_decider_destroy(decider);
    return st;
}

static itp_status say_here(itp_engine *engine, const char *words, char **answer, itp_error *err)
{
    itp_units *units;
    itp_word word = {0};
    itp_status st = itp_units_create(&units, err);
    if (st != ITP_OK) return st;
    st = itp_word_read(&word, words, itp_engine_loop(engine), units, err);
    if (st == ITP_OK && word.event.kind == ITP_EVENT_ASKED) {
        st = word.event.number > 0 ? ask_here(engine, (size_t)word.event.number, answer, err)
                                   : itp_fail(err, ITP_EINVAL, "ask for at least one point");
    } else if (st == ITP_OK) {
        st = itp_feed_now(engine, &word.event, err);
        if (st == ITP_OK && !(*answer = itp_word_done(&word)))
            st = itp_fail(err, ITP_ENOMEM, "answer");
    }
    itp_word_deinit(&word);
    itp_units_destroy(units);
    return st;
}

/* {"ok": true, ...}, or the reason why not; then *answer is freed. */
static itp_status read_answer(char **answer, itp_error *err)
{
    itp_status st = ITP_OK;
    json_t *object = json_loads(*answer, 0, NULL);
    if (!json_is_true(json_object_get(object, "ok"))) {
        const char *why = json_string_value(json_object_get(object, "error"));
        st = itp_fail(err, ITP_EREFUSED, "%s", why ? why : "the agent's answer is not understood");
        free(*answer);
        *answer = NULL;
    }
    json_decref(object);
    return st;
}

static itp_status say_there(const char *journal, const char *words, char **answer, itp_error *err)
{
    itp_places places;
    itp_status st = itp_places_find(&places, journal, 0, err);
    if (st == ITP_OK) st = itp_client_say(&places, words, answer, err);
    return st == ITP_OK ? read_answer(answer, err) : st;
}

/* The value of ",name=" in a place, up to the next comma (no key has one), or NULL. */
static const char *part_of(const char *place, const char *name, char *out, size_t size)
{
    const char *at = strstr(place, name);
    if (!at) return NULL;
    at += strlen(name);
    snprintf(out, size, "%.*s", (int)strcspn(at, ","), at);
    return out;
}

static itp_status say_far(const char *place, const char *words, char **answer, itp_error *err)
{
    char endpoint[ITP_ENDPOINT_TEXT], key[1024], server_key[1024];
    itp_credentials agent;
    snprintf(endpoint, sizeof endpoint, "%.*s", (int)strcspn(place, ","), place);
    itp_status st =
        itp_credentials_find(&agent, endpoint[sizeof ITP_SAY_FAR - 1] ? endpoint : NULL,
                             part_of(place, ",key=", key, sizeof key),
                             part_of(place, ",server=", server_key, sizeof server_key), err);
    if (st != ITP_OK) return st;
    st = itp_client_say_to(&agent, words, answer, err);
    itp_keys_wipe(&agent.keys);
    return st == ITP_OK ? read_answer(answer, err) : st;
}

itp_status itp_say(const char *journal, const char *campaign, const char *words, char **answer,
                   itp_error *err)
{
    if (strncmp(journal, ITP_SAY_FAR, sizeof ITP_SAY_FAR - 1) == 0)
        return say_far(journal, words, answer, err);
    itp_engine *engine;
    itp_findings findings = {0};
    const itp_engine_options options = {
        .journal = journal,
        .campaign = campaign,
        .mode = campaign ? ITP_JOURNAL_CREATE : ITP_JOURNAL_WRITE,
    };
    itp_status st = itp_engine_open(&engine, &options, &findings, err);
    if (st == ITP_ECAMPAIGN && findings.n > 0)
        itp_fail(err, st, "%s:%u:%u: %s", findings.items[0].file, findings.items[0].line,
                 findings.items[0].column, findings.items[0].message);
    itp_findings_deinit(&findings);
    if (st == ITP_ELOCKED) return say_there(journal, words, answer, err);
    if (st != ITP_OK) return st;
    st = itp_engine_commit(engine, err);
    if (st == ITP_OK) st = say_here(engine, words, answer, err);
    itp_engine_close(engine);
    return st;
}

itp_status itp_say_verb(const char *journal, const char *words, itp_error *err)
{
    char *answer = NULL;
    itp_status st = itp_say(journal, NULL, words, &answer, err);
    free(answer);
    return st;
}
