/* hash_chain.c - the byte forms that hash_chain.h describes, streamed into SHA-256.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "hash_chain.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

typedef crypto_hash_sha256_state sha;

static const char *const ACTION_NAMES[] = {
#define X(name, text) text,
    ITP_ACTIONS(X)
#undef X
};

static void put_bits(sha *state, uint64_t value, size_t size)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(value >> 8 * i);
    crypto_hash_sha256_update(state, bytes, size);
}

static void put_real(sha *state, double value)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(value)) memcpy(&bits, &value, sizeof bits);
    put_bits(state, bits, sizeof bits);
}

static void put_string(sha *state, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    put_bits(state, text ? size + 1 : 0, 4);
    crypto_hash_sha256_update(state, (const unsigned char *)text, size);
}

void itp_chain_hash(const unsigned char previous[ITP_HASH_SIZE], const itp_cell cells[ITP_CELLS],
                    unsigned char hash[ITP_HASH_SIZE])
{
    sha state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, previous, ITP_HASH_SIZE);
    for (size_t i = 0; i < ITP_CELLS; i++) {
        const itp_cell *cell = &cells[i];
        put_bits(&state, (uint64_t)cell->type, 1);
        if (cell->type == ITP_CELL_INTEGER) put_bits(&state, (uint64_t)cell->integer, 8);
        if (cell->type == ITP_CELL_REAL) put_real(&state, cell->real);
        if (cell->type == ITP_CELL_TEXT || cell->type == ITP_CELL_BLOB) {
            put_bits(&state, cell->size, 4);
            crypto_hash_sha256_update(&state, cell->bytes, cell->size);
        }
    }
    crypto_hash_sha256_final(&state, hash);
}

static void put_values(sha *state, size_t n, const itp_value *values)
{
    put_bits(state, n, 8);
    for (size_t i = 0; i < n; i++) {
        const itp_value *value = &values[i];
        put_string(state, value->name);
        put_real(state, value->number);
        put_real(state, value->sd);
        put_string(state, value->unit);
        put_string(state, value->label);
    }
}

static void put_action(sha *state, const itp_action *action)
{
    put_string(state, ACTION_NAMES[action->kind]);
    put_bits(state, action->trial, 8);
    put_bits(state, action->request, 8);
    put_bits(state, action->decision, 8);
    put_bits(state, action->seed, 8);
    put_bits(state, action->epoch, 4);
    put_bits(state, action->index, 4);
    put_bits(state, (uint64_t)action->number, 8);
    put_bits(state, (uint64_t)action->at_ms, 8);
    put_real(state, action->lease_s);
    put_real(state, action->time_limit_s);
    put_bits(state, (uint32_t)action->task, 4);
    put_bits(state, (uint32_t)action->source, 4);
    put_string(state, action->worker);
    put_bits(state, action->text != NULL, 1);
    put_values(state, action->n_values, action->values);
    /* Came later: left out where there are none, so that older journals keep their digests. */
    if (action->n_options > 0) put_values(state, action->n_options, action->options);
}

void itp_actions_digest(const itp_actions *actions, unsigned char out[ITP_HASH_SIZE])
{
    memset(out, 0, ITP_HASH_SIZE);
    if (!actions || actions->n == 0) return;
    sha state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < actions->n; i++) put_action(&state, &actions->items[i]);
    crypto_hash_sha256_final(&state, out);
}

void itp_hash_text(const unsigned char hash[ITP_HASH_SIZE], char *text)
{
    sodium_bin2hex(text, ITP_HASH_TEXT, hash, ITP_HASH_SIZE);
}

itp_status itp_hash_parse(const char *text, unsigned char hash[ITP_HASH_SIZE])
{
    unsigned char bytes[ITP_HASH_SIZE];
    size_t length = strnlen(text, ITP_HASH_TEXT), got;
    if (length != ITP_HASH_TEXT - 1 ||
        sodium_hex2bin(bytes, sizeof bytes, text, length, NULL, &got, NULL) != 0 ||
        got != ITP_HASH_SIZE)
        return ITP_EPARSE;
    memcpy(hash, bytes, sizeof bytes);
    return ITP_OK;
}
