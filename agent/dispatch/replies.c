/* replies.c - people's verbs reach a running agent by its control socket; the answer leaves after
 * the commit. An ask is answered by the decision that it asked for. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "agent_state.h"
#include "words.h"

static itp_status add_reply(agent *a, zmq_msg_t *route, char *text, uint64_t decision)
{
    reply *replies = realloc(a->replies, (a->n_replies + 1) * sizeof *replies);
    size_t size = zmq_msg_size(route);
    if (!replies || size > ITP_ROUTE_MAX) {
        if (replies) a->replies = replies;
        free(text);
        return ITP_ENOMEM;
    }
    a->replies = replies;
    reply *r = &replies[a->n_replies++];
    *r = (reply){.route_size = size, .text = text, .decision = decision};
    memcpy(r->route, zmq_msg_data(route), size);
    return ITP_OK;
}

static char *reply_text(int ok, const char *error)
{
    json_t *object =
        ok ? json_pack("{s:b}", "ok", 1) : json_pack("{s:b, s:s}", "ok", 0, "error", error);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

static itp_status take_word(agent *a, zmq_msg_t *route, zmq_msg_t *payload, itp_error *err)
{
    char *text = strndup(zmq_msg_data(payload), zmq_msg_size(payload));
    if (!text) return ITP_ENOMEM;
    itp_word word;
    itp_error why = {0};
    uint64_t decisions = itp_loop_counts(itp_engine_loop(a->engine)).decisions;
    itp_status st = itp_word_read(&word, text, itp_engine_loop(a->engine), a->units, &why);
    if (st != ITP_OK) {
        st = add_reply(a, route, reply_text(0, why.text), 0);
    } else {
        st = agent_feed(a, &word.event, err);
        int refused = a->effects.refused[0] != '\0';
        int asked = word.event.kind == ITP_EVENT_ASKED && !refused;
        if (st == ITP_OK)
            st = add_reply(a, route, asked ? NULL : reply_text(!refused, a->effects.refused),
                           decisions + 1);
    }
    itp_word_deinit(&word);
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
        if (got) st = take_word(a, &route, &part, err);
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
        if (r->text || made->number < r->decision) continue;
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
        if (zmq_send(a->control, r->route, r->route_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
            zmq_send(a->control, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
            zmq_send(a->control, r->text, strlen(r->text), ZMQ_DONTWAIT);
        }
        free(r->text);
    }
    a->n_replies = kept;
}

void agent_drop_replies(agent *a, const char *why)
{
    for (size_t i = 0; i < a->n_replies; i++) {
        free(a->replies[i].text);
        a->replies[i].text = reply_text(0, why);
    }
    agent_send_replies(a);
}
