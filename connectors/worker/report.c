/* report.c - see report.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <string.h>

#include "guard.h"

void report_clean(char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size;) {
        unsigned char c = (unsigned char)text[i];
        size_t more = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        if (i + more <= size && wire_is_text(text + i, more) &&
            (c >= ' ' || c == '\n' || c == '\t') && c != 0x7f)
            i += more;
        else
            text[i++] = '?';
    }
}

static itp_message answer(const itp_message *offer, itp_verb verb)
{
    itp_message message;
    itp_message_init(&message, verb);
    message.campaign = offer->campaign;
    message.request = offer->request;
    message.trial = offer->trial;
    message.epoch = offer->epoch;
    return message;
}

itp_status report_encode(const itp_message *offer, const itp_report *report, itp_buffer *out)
{
    int failed = report->cause != ITP_CAUSE_NONE;
    itp_message message = answer(offer, failed ? ITP_VERB_FAILURE : ITP_VERB_RESULT);
    char text[sizeof report->text];
    message.index = report->index;
    message.cost = report->cost;
    message.provenance = report->provenance;
    if (failed) {
        memcpy(text, report->text, sizeof text);
        report_clean(text);
        message.cause = report->cause;
        message.text = text;
    } else {
        message.n_values = report->n_values;
        message.values = report->values;
    }
    return itp_wire_encode(&message, out);
}

itp_status report_encode_failure(const itp_message *offer, itp_cause cause, const char *text,
                                 itp_buffer *out)
{
    itp_message message = answer(offer, ITP_VERB_FAILURE);
    message.cause = cause;
    message.text = text;
    return itp_wire_encode(&message, out);
}
