/* replies.c - people's verbs reach a running agent by its control socket; the answer leaves after
 * the commit. An ask is answered by the decision that it asked for. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "agent_state.h"
#include "clock.h"
#include "crash.h"
#include "gate.h"
#include "words.h"

static itp_status add_reply(agent *a, const reply *to, char *text, uint64_t decision)
{
    reply *replies = realloc(a->replies, (a->n_replies + 1) * sizeof *replies);
    if (!replies) {
        free(text);
        return ITP_ENOMEM;
    }
    a->replies = replies;
    replies[a->n_replies] = *to;
    replies[a->n_replies].text = text;
    replies[a->n_replies++].decision = decision;
    return ITP_OK;
}

static char *reply_text(const char *error)
{
    json_t *object = json_pack("{s:b, s:s}", "ok", 0, "error", error);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

itp_status agent_refuse_word(agent *a, const itp_peer *peer, const char *why)
{
    reply to = {.socket = peer->socket, .route_size = peer->route_size};
    memcpy(to.route, peer->route, peer->route_size);
    return a->n_replies < ITP_REPLIES_MAX ? add_reply(a, &to, reply_text(why), 0) : ITP_OK;
}

static itp_status take_word(agent *a, const reply *to, const char *by, const char *text,
                            itp_error *err)
{
    itp_word word;
    itp_error why = {0};
    uint64_t decisions = itp_loop_counts(itp_engine_loop(a->engine)).decisions;
    itp_status st = itp_word_read(&word, text, itp_engine_loop(a->engine), a->units, &why);
    char said[400];
    /* Stopped before it is written down, and even where it cannot be written down. */
    if (st == ITP_OK && word.event.kind == ITP_EVENT_SAFE_STOPPED)
        itp_stops_say(&a->stops, word.event.worker, word.event.text);
    if (st == ITP_OK && itp_clock_monotonic_ms() < a->stalled_until_ms)
        st = itp_fail(&why, ITP_ERESOURCE, "the journal cannot be written now; say it again later");
    if (st != ITP_OK) {
        st = add_reply(a, to, reply_text(why.text), 0);
    } else {
        /* Who said it is whose key it is; what the words say of themselves comes behind. */
        snprintf(said, sizeof said, "%s: %.300s", by ? by : "", word.event.text);
        if (by && word.event.text) word.event.text = said;
        st = agent_feed(a, &word.event, err);
        int refused = a->effects.refused[0] != '\0';
        int asked = word.event.kind == ITP_EVENT_ASKED && !refused;
        if (st == ITP_OK)
            st = add_reply(a, to,
                           asked     ? NULL
                           : refused ? reply_text(a->effects.refused)
                                     : itp_word_done(&word),
                           decisions + 1);
    }
    itp_word_deinit(&word);
    return st;
}

/* The verb of a word, "" when it has none. */
static void read_verb(const char *text, char verb[32])
{
    json_t *json = json_loads(text, 0, NULL);
    const char *found = json_string_value(json_object_get(json, "verb"));
    snprintf(verb, 32, "%s", found ? found : "");
    json_decref(json);
}

/* Answered by another process, which reads beside us. */
static itp_status look_up(agent *a, reply *to, const char *word)
{
    itp_error why = {0};
    const char *journal = itp_journal_path(itp_engine_journal(a->engine));
    if (itp_lookups_begin(&a->lookups, journal, word, itp_clock_monotonic_ms(), &to->lookup,
                          &why) != ITP_OK)
        return add_reply(a, to, reply_text(why.text), 0);
    return add_reply(a, to, NULL, UINT64_MAX);
}

void agent_answer_lookups(agent *a, int64_t now_ms)
{
    uint64_t number = 0;
    char *text;
    while ((text = itp_lookups_take(&a->lookups, now_ms, &number))) {
        size_t i = 0;
        while (i < a->n_replies && a->replies[i].lookup != number) i++;
        if (i < a->n_replies && !a->replies[i].text)
            a->replies[i].text = text;
        else
            free(text);
    }
}

itp_status agent_take_word(agent *a, void *socket, const void *route, size_t route_size,
                           const char *key, const void *bytes, size_t size, itp_error *err)
{
    reply to = {.socket = socket, .route_size = route_size};
    const itp_gate gate = {itp_engine_loop(a->engine), a->campaign, &a->door.allowed};
    const itp_allowed_key *known = key[0] ? itp_allowed_find(&a->door.allowed, key) : NULL;
    const char *why;
    char verb[32];
    if (route_size > ITP_ROUTE_MAX || a->n_replies >= ITP_REPLIES_MAX || size > ITP_WORD_MAX)
        return ITP_OK;
    char *text = strndup(bytes, size);
    if (!text) return ITP_ENOMEM;
    memcpy(to.route, route, route_size);
    read_verb(text, verb);
    itp_status st = ITP_OK;
    if (itp_gate_word(&gate, key, verb, &why) != ITP_PASS) {
        itp_door_refused(&a->door, key, verb, why, itp_clock_monotonic_ms());
        st = add_reply(a, &to, reply_text(ITP_GATE_ANSWER), 0);
    } else if (strcmp(verb, "status") == 0) {
        st = look_up(a, &to, text);
    } else {
        st = take_word(a, &to, known ? known->name : NULL, text, err);
    }
    free(text);
    return st;
}

itp_status agent_read_words(agent *a, itp_error *err)
{
    itp_status st = ITP_OK;
    for (int i = 0; st == ITP_OK && i < ITP_BATCH_MAX; i++) {
        zmq_msg_t route, part;
        zmq_msg_init(&route);
        zmq_msg_init(&part);
        int got = zmq_msg_recv(&route, a->control, ZMQ_DONTWAIT) >= 0;
        int more = got && zmq_msg_more(&route);
        while (more && zmq_msg_recv(&part, a->control, 0) >= 0) more = zmq_msg_more(&part);
        if (got)
            st = agent_take_word(a, a->control, zmq_msg_data(&route), zmq_msg_size(&route), "",
                                 zmq_msg_data(&part), zmq_msg_size(&part), err);
        zmq_msg_close(&route);
        zmq_msg_close(&part);
        if (!got) break;
    }
    return st;
}

itp_status agent_answer_asks(agent *a, const itp_decision *made, itp_id first)
{
    for (size_t i = 0; i < a->n_replies; i++) {
        reply *r = &a->replies[i];
        if (r->text || r->lookup || made->number < r->decision) continue;
        r->text = itp_word_points(itp_engine_campaign(a->engine), made, first);
        if (!r->text) return ITP_ENOMEM;
    }
    return ITP_OK;
}

void agent_send_replies(agent *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n_replies; i++) {
        reply *r = &a->replies[i];
        if (!r->text) {
            a->replies[kept++] = *r;
            continue;
        }
        itp_crash_at(ITP_CRASH_AGENT_BEFORE_REPLY);
        if (zmq_send(r->socket, r->route, r->route_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
            zmq_send(r->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
            zmq_send(r->socket, r->text, strlen(r->text), ZMQ_DONTWAIT);
        }
        itp_crash_at(ITP_CRASH_AGENT_AFTER_REPLY);
        free(r->text);
    }
    a->n_replies = kept;
}

void agent_drop_replies(agent *a, const char *why)
{
    for (size_t i = 0; i < a->n_replies; i++) {
        free(a->replies[i].text);
        a->replies[i].text = reply_text(why);
    }
    agent_send_replies(a);
}
