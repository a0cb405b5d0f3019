/* gate.c - see gate.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate.h"

#include <string.h>

#define WORKERS (ITP_ROLE_COMPUTE | ITP_ROLE_STATION)

static unsigned roles_of(const itp_gate *gate, const char *key)
{
    if (!key[0]) return ITP_ROLES_ALL; /* ipc in a private folder: the user himself */
    const itp_allowed_key *known = itp_allowed_find(gate->allowed, key);
    return known ? known->roles : 0;
}

static int is_attempt(itp_verb verb)
{
    return verb == ITP_VERB_ACCEPT || verb == ITP_VERB_DECLINE || verb == ITP_VERB_STARTED ||
           verb == ITP_VERB_RESULT || verb == ITP_VERB_FAILURE || verb == ITP_VERB_ANSWER;
}

static int is_of_workers(itp_verb verb)
{
    return is_attempt(verb) || verb == ITP_VERB_HELLO || verb == ITP_VERB_REGISTER ||
           verb == ITP_VERB_CREDIT || verb == ITP_VERB_HEARTBEAT || verb == ITP_VERB_BYE ||
           verb == ITP_VERB_SAFE_STOP || verb == ITP_VERB_ERROR;
}

itp_verdict itp_gate_frame(const itp_gate *gate, const itp_peer *peer, const itp_message *m,
                           const char **why)
{
    unsigned roles = roles_of(gate, peer->key);
    *why = "a verb that only an agent says";
    if (!is_of_workers(m->verb)) return ITP_DROP;
    *why = ITP_GATE_WITHDRAWN;
    if (!roles) return ITP_DROP;
    *why = "the role of its key is not that of a worker";
    if (!(roles & WORKERS)) return ITP_DROP;
    if (m->verb == ITP_VERB_REGISTER) {
        *why = "REGISTER without a worker's name";
        if (!m->worker || !*m->worker || !m->roster) return ITP_DROP;
        *why = "the role of its key is not that of a station";
        if (m->roster->cls == ITP_PHYSICAL && !(roles & ITP_ROLE_STATION)) return ITP_DROP;
    }
    if (!is_attempt(m->verb)) return ITP_PASS;
    *why = "an attempt that it was never given";
    if (strcmp(m->campaign, gate->campaign) != 0) return ITP_REFUSE;
    const itp_attempt attempt = {m->request, m->epoch};
    /* A local worker may speak of what this journal does not know: it is told so, and forgets. */
    if (!peer->key[0] || !peer->name) return ITP_PASS;
    return itp_loop_was_given(gate->loop, attempt, peer->name) ? ITP_PASS : ITP_REFUSE;
}

int itp_gate_stays(const itp_gate *gate, const itp_peer *peer, const char **why)
{
    unsigned roles = roles_of(gate, peer->key);
    *why = ITP_GATE_WITHDRAWN;
    if (!roles) return 0;
    if (peer->is_person) return 1; /* each of its verbs is judged by itself */
    *why = "the role of its key was changed";
    return peer->name && peer->cls == ITP_PHYSICAL ? (roles & ITP_ROLE_STATION) != 0
                                                   : (roles & WORKERS) != 0;
}

itp_verdict itp_gate_word(const itp_gate *gate, const char *key, const char *verb, const char **why)
{
    unsigned roles = roles_of(gate, key);
    unsigned needed = verb && strcmp(verb, "status") == 0 ? ITP_ROLE_OBSERVE | ITP_ROLE_OPERATE
                                                          : ITP_ROLE_OPERATE;
    *why = "the role of its key does not allow this verb of people";
    return roles & needed ? ITP_PASS : ITP_REFUSE;
}

const char *itp_gate_name(const itp_gate *gate, const itp_peer *peer, const char *claimed,
                          char name[ITP_GATE_NAME])
{
    const itp_allowed_key *known = peer->key[0] ? itp_allowed_find(gate->allowed, peer->key) : NULL;
    size_t n = known ? strlen(known->name) : 0;
    if (!known || (strncmp(claimed, known->name, n) == 0 && (!claimed[n] || claimed[n] == '/')))
        snprintf(name, ITP_GATE_NAME, "%s", claimed);
    else
        snprintf(name, ITP_GATE_NAME, "%s/%s", known->name, claimed);
    return name;
}
