/* provenance.c - see provenance.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "provenance.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "interphase/version.h"
#include "sha256.h"

/* Length before text, so that no two different requests hash alike. */
static void hash_text(itp_sha256 *state, const char *text)
{
    uint64_t size = text ? strlen(text) : 0;
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(size >> 8 * i);
    itp_sha256_update(state, length, sizeof length);
    if (size > 0) itp_sha256_update(state, text, size);
}

void provenance_input_hash(const itp_request *request, char out[65])
{
    itp_sha256 state;
    unsigned char digest[ITP_SHA256_BYTES];
    char number[64];
    itp_sha256_init(&state);
    hash_text(&state, request->task);
    hash_text(&state, request->source);
    hash_text(&state, request->options);
    snprintf(number, sizeof number, "%" PRIu32, request->index);
    hash_text(&state, number);
    for (size_t i = 0; i < request->n_inputs; i++) {
        const itp_value *input = &request->inputs[i];
        hash_text(&state, input->name);
        snprintf(number, sizeof number, "%.17g", input->number);
        hash_text(&state, input->label ? input->label : number);
        hash_text(&state, input->unit);
    }
    itp_sha256_final(&state, digest);
    itp_sha256_text(digest, out);
}

char *provenance_text(const provenance *p)
{
    const itp_connector *connector = itp_plugin_connector(p->plugin);
    const itp_request *request = p->result->request;
    char host[256] = "", from[ITP_CLOCK_TEXT], to[ITP_CLOCK_TEXT], hash[ITP_SHA256_TEXT];
    gethostname(host, sizeof host - 1);
    provenance_input_hash(request, hash);
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:f, s:s}", "connector", connector->id, "version",
        connector->version, "interphase", ITP_VERSION, "host", host, "worker", p->worker, "started",
        itp_clock_text(p->started_utc_ms, from), "finished", itp_clock_text(p->finished_utc_ms, to),
        "wall_s", p->wall_s, "inputs_sha256", hash);
    if (!all) return NULL;
    if (request->sample) json_object_set_new(all, "sample", json_string(request->sample));
    if (json_object_size(p->result->notes) > 0) json_object_set(all, "notes", p->result->notes);
    if (json_array_size(p->result->artefacts) > 0)
        json_object_set(all, "artefacts", p->result->artefacts);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}
