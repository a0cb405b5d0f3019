/* fields.c - the table of fields and what each verb needs. See fields.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fields.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "codec.h"

#define AT(member)           offsetof(itp_message, member), 0
#define ARRAY(member, count) offsetof(itp_message, member), offsetof(itp_message, count)

const wire_field wire_fields[WIRE_FIELDS] = {
    {ITP_KEY_CAMPAIGN, WIRE_NAME, AT(campaign)},
    {ITP_KEY_WORKER, WIRE_NAME, AT(worker)},
    {ITP_KEY_TEXT, WIRE_TEXT, AT(text)},
    {ITP_KEY_REQUEST, WIRE_U64, AT(request)},
    {ITP_KEY_TRIAL, WIRE_U64, AT(trial)},
    {ITP_KEY_EPOCH, WIRE_U32, AT(epoch)},
    {ITP_KEY_REPLICATE, WIRE_U32, AT(replicate)},
    {ITP_KEY_INDEX, WIRE_INDEX, AT(index)},
    {ITP_KEY_NUMBER, WIRE_I64, AT(number)},
    {ITP_KEY_INTERVAL_MS, WIRE_U32, AT(interval_ms)},
    {ITP_KEY_TASK, WIRE_NAME, AT(task)},
    {ITP_KEY_SOURCE, WIRE_NAME, AT(source)},
    {ITP_KEY_OPTIONS, WIRE_TEXT, AT(options)},
    {ITP_KEY_SAMPLE, WIRE_NAME, AT(sample)},
    {ITP_KEY_CLASS, WIRE_CLASS, AT(cls)},
    {ITP_KEY_TIME_LIMIT_S, WIRE_REAL, AT(time_limit_s)},
    {ITP_KEY_LEASE_S, WIRE_REAL, AT(lease_s)},
    {ITP_KEY_COST, WIRE_REAL, AT(cost)},
    {ITP_KEY_SEED, WIRE_U64, AT(seed)},
    {ITP_KEY_CAUSE, WIRE_CAUSE, AT(cause)},
    {ITP_KEY_VALUES, WIRE_VALUES, ARRAY(values, n_values)},
    {ITP_KEY_WANTED, WIRE_PORTS, ARRAY(wanted, n_wanted)},
    {ITP_KEY_PROGRESS, WIRE_PROGRESS, ARRAY(progress, n_progress)},
    {ITP_KEY_ROSTER, WIRE_ROSTER, AT(roster)},
    {ITP_KEY_PROVENANCE, WIRE_TEXT, AT(provenance)},
};

#define BIT(key) (1u << ITP_KEY_##key)
#define ATTEMPT  (BIT(CAMPAIGN) | BIT(REQUEST) | BIT(EPOCH))

uint32_t wire_needs(itp_verb verb)
{
    switch (verb) {
    case ITP_VERB_HELLO: return BIT(WORKER);
    case ITP_VERB_WELCOME: return BIT(CAMPAIGN);
    case ITP_VERB_REGISTER: return BIT(WORKER) | BIT(ROSTER);
    case ITP_VERB_OFFER: return ATTEMPT | BIT(TASK);
    case ITP_VERB_FAILURE: return ATTEMPT | BIT(CAUSE);
    case ITP_VERB_ACCEPT:
    case ITP_VERB_DECLINE:
    case ITP_VERB_START:
    case ITP_VERB_STARTED:
    case ITP_VERB_RESULT:
    case ITP_VERB_RESULT_ACK:
    case ITP_VERB_QUERY:
    case ITP_VERB_ANSWER:
    case ITP_VERB_CANCEL: return ATTEMPT;
    default: return 0;
    }
}

const char *wire_key_name(itp_key key)
{
    switch (key) {
#define X(name, number)                                                                            \
    case ITP_KEY_##name: return #name;
        ITP_KEYS(X)
#undef X
    }
    return "?";
}

void itp_message_init(itp_message *message, itp_verb verb)
{
    *message =
        (itp_message){.verb = verb, .index = -1, .time_limit_s = NAN, .lease_s = NAN, .cost = NAN};
}

const char *itp_verb_name(itp_verb verb)
{
    static const char *const names[] = {
#define X(name, text) text,
        ITP_VERBS(X)
#undef X
    };
    return (unsigned)verb < ITP_VERB_COUNT ? names[verb] : "?";
}

static const char *const cause_names[] = {
#define X(name, text) text,
    ITP_CAUSES(X)
#undef X
};

const char *itp_cause_name(itp_cause cause)
{
    return (unsigned)cause < sizeof cause_names / sizeof *cause_names ? cause_names[cause] : "?";
}

itp_cause itp_cause_from(const char *name)
{
    for (unsigned i = 0; i < sizeof cause_names / sizeof *cause_names; i++)
        if (strcmp(cause_names[i], name) == 0) return (itp_cause)i;
    return ITP_CAUSE_NONE;
}
