/* outbox.c - a list in order of arrival under one lock, and the thread that writes it.
 * See outbox.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { DROP_AFTER_MS = 1000, RETRY_MS = 1000 };

typedef struct entry {
    struct entry *next;
    store_key key; /* campaign owned */
    void *frame;
    size_t size;
    int physical, sent;
    enum { FRESH, WRITING, WRITTEN } on_disk;
    int acked; /* while WRITING: the writer lets it go */
    int64_t write_at_ms;
} entry;

struct itp_outbox {
    itp_store *store;
    const itp_log_to *log;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t writer;
    int writing, closing; /* writing: the thread runs */
    entry *first, **last; /* in order of arrival */
    entry *lent;
    size_t n;
    store_key *drops; /* acknowledged, but still on disk */
    size_t n_drops, drops_capacity;
    int64_t drop_at_ms, wakes_at_ms; /* monotonic; when the writer looks again by itself */
};

static void free_entry(entry *entry)
{
    if (!entry) return;
    free((char *)entry->key.campaign);
    free(entry->frame);
    free(entry);
}

static int same_key(const store_key *a, const store_key *b)
{
    return a->request == b->request && a->epoch == b->epoch && a->index == b->index &&
           strcmp(a->campaign, b->campaign) == 0;
}

static void append(itp_outbox *outbox, entry *entry)
{
    entry->next = NULL;
    *outbox->last = entry;
    outbox->last = &entry->next;
    outbox->n++;
}

static void unlink_entry(itp_outbox *outbox, entry **at)
{
    entry *gone = *at;
    *at = gone->next;
    if (outbox->last == &gone->next) outbox->last = at;
    if (outbox->lent == gone) outbox->lent = NULL;
    outbox->n--;
}

/* The key leaves its entry and waits for the next transaction. On ENOMEM the row stays on disk and
 * the result is offered once more in a later life: harmless. */
static void drop_later(itp_outbox *outbox, entry *entry)
{
    if (outbox->n_drops == outbox->drops_capacity) {
        size_t capacity = outbox->drops_capacity ? 2 * outbox->drops_capacity : 64;
        store_key *drops = realloc(outbox->drops, capacity * sizeof *drops);
        if (!drops) return;
        outbox->drops = drops;
        outbox->drops_capacity = capacity;
    }
    if (outbox->n_drops == 0) outbox->drop_at_ms = itp_clock_monotonic_ms() + DROP_AFTER_MS;
    outbox->drops[outbox->n_drops++] = entry->key;
    entry->key.campaign = NULL;
}

/* Entries whose time has come, marked WRITING; *due is when the next will be. */
static size_t collect(itp_outbox *outbox, int64_t now, entry **batch, store_put *puts, int64_t *due)
{
    size_t n = 0;
    *due = outbox->n_drops > 0 ? outbox->drop_at_ms : INT64_MAX;
    for (entry *e = outbox->first; e && n < OUTBOX_BATCH_MAX; e = e->next) {
        if (e->on_disk != FRESH) continue;
        if (e->write_at_ms > now && !outbox->closing) {
            if (e->write_at_ms < *due) *due = e->write_at_ms;
            continue;
        }
        e->on_disk = WRITING;
        batch[n] = e;
        puts[n++] = (store_put){e->key, e->frame, e->size, e->physical};
    }
    return n;
}

/* After the transaction: what was acknowledged meanwhile is let go. */
static void settle(itp_outbox *outbox, size_t n, entry **batch, itp_status st, int64_t now)
{
    for (size_t i = 0; i < n; i++) {
        entry *e = batch[i];
        e->on_disk = st == ITP_OK ? WRITTEN : FRESH;
        e->write_at_ms = now + RETRY_MS;
        if (!e->acked) continue;
        if (st == ITP_OK) drop_later(outbox, e);
        free_entry(e);
    }
}

/* Wakes the writer only when it would look too late: a quick task costs no context switch. */
static void wake_for(itp_outbox *outbox, int64_t due_ms)
{
    if (due_ms < outbox->wakes_at_ms) pthread_cond_signal(&outbox->wake);
}

static void wait_until(itp_outbox *outbox, int64_t due_ms)
{
    outbox->wakes_at_ms = due_ms;
    if (due_ms == INT64_MAX) {
        pthread_cond_wait(&outbox->wake, &outbox->lock);
        return;
    }
    struct timespec until = {due_ms / 1000, due_ms % 1000 * 1000000};
    pthread_cond_timedwait(&outbox->wake, &outbox->lock, &until);
}

static void *write_entries(void *ctx)
{
    itp_outbox *outbox = ctx;
    static _Thread_local entry *batch[OUTBOX_BATCH_MAX];
    static _Thread_local store_put puts[OUTBOX_BATCH_MAX];
    pthread_mutex_lock(&outbox->lock);
    for (;;) {
        int64_t due, now = itp_clock_monotonic_ms();
        int closing = outbox->closing;
        size_t n = collect(outbox, now, batch, puts, &due);
        if (n == 0 && !closing && (outbox->n_drops == 0 || now < outbox->drop_at_ms)) {
            wait_until(outbox, due);
            continue;
        }
        if (n == 0 && outbox->n_drops == 0) break; /* closing, and nothing is left */
        store_key *drops = outbox->drops;
        size_t n_drops = outbox->n_drops;
        outbox->drops = NULL;
        outbox->n_drops = outbox->drops_capacity = 0;
        pthread_mutex_unlock(&outbox->lock);
        itp_error err;
        itp_status st = itp_store_write(outbox->store, n, puts, n_drops, drops, &err);
        if (st != ITP_OK)
            itp_log(outbox->log, ITP_ERROR, "outbox_not_written", "text=%s", err.text);
        for (size_t i = 0; i < n_drops; i++) free((char *)drops[i].campaign);
        free(drops);
        pthread_mutex_lock(&outbox->lock);
        settle(outbox, n, batch, st, itp_clock_monotonic_ms());
        if (closing && st != ITP_OK) break; /* the disk refuses: said above, nothing more to do */
    }
    pthread_mutex_unlock(&outbox->lock);
    return NULL;
}

static itp_status make_entry(const store_key *key, void *frame, size_t size, int physical,
                             entry **out)
{
    entry *e = calloc(1, sizeof *e);
    char *campaign = strdup(key->campaign);
    if (!e || !campaign) {
        free(e);
        free(campaign);
        return ITP_ENOMEM;
    }
    e->key = *key;
    e->key.campaign = campaign;
    e->frame = frame;
    e->size = size;
    e->physical = physical;
    *out = e;
    return ITP_OK;
}

static itp_status load_one(void *ctx, const store_put *put)
{
    itp_outbox *outbox = ctx;
    entry *e;
    void *frame = malloc(put->size + 1);
    if (!frame) return ITP_ENOMEM;
    memcpy(frame, put->frame, put->size);
    itp_status st = make_entry(&put->key, frame, put->size, put->physical, &e);
    if (st != ITP_OK) {
        free(frame);
        return st;
    }
    e->on_disk = WRITTEN;
    append(outbox, e);
    return ITP_OK;
}

itp_status itp_outbox_open(itp_outbox **out, itp_store *store, const itp_log_to *log,
                           itp_error *err)
{
    itp_outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox) return itp_fail(err, ITP_ENOMEM, "outbox");
    outbox->store = store;
    outbox->log = log;
    outbox->last = &outbox->first;
    pthread_mutex_init(&outbox->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&outbox->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    itp_status st = itp_store_each(store, load_one, outbox, err);
    if (st == ITP_OK) {
        if (pthread_create(&outbox->writer, NULL, write_entries, outbox) == 0)
            outbox->writing = 1;
        else
            st = itp_fail(err, ITP_ERESOURCE, "no thread for the outbox");
    }
    if (st != ITP_OK) {
        itp_outbox_close(outbox);
        return st;
    }
    *out = outbox;
    return ITP_OK;
}

void itp_outbox_close(itp_outbox *outbox)
{
    if (!outbox) return;
    if (outbox->writing) {
        pthread_mutex_lock(&outbox->lock);
        outbox->closing = 1;
        pthread_cond_signal(&outbox->wake);
        pthread_mutex_unlock(&outbox->lock);
        pthread_join(outbox->writer, NULL);
    }
    while (outbox->first) {
        entry *next = outbox->first->next;
        free_entry(outbox->first);
        outbox->first = next;
    }
    for (size_t i = 0; i < outbox->n_drops; i++) free((char *)outbox->drops[i].campaign);
    free(outbox->drops);
    pthread_cond_destroy(&outbox->wake);
    pthread_mutex_destroy(&outbox->lock);
    free(outbox);
}

itp_status itp_outbox_add(itp_outbox *outbox, const store_key *key, void *frame, size_t size,
                          int physical, int64_t took_ms)
{
    entry *e;
    itp_status st = make_entry(key, frame, size, physical, &e);
    if (st != ITP_OK) {
        free(frame);
        return st;
    }
    int64_t now = itp_clock_monotonic_ms();
    int lingers = !physical && took_ms < OUTBOX_QUICK_MS;
    e->write_at_ms = lingers ? now + OUTBOX_LINGER_MS : now;
    pthread_mutex_lock(&outbox->lock);
    append(outbox, e);
    wake_for(outbox, e->write_at_ms);
    pthread_mutex_unlock(&outbox->lock);
    return ITP_OK;
}

const void *itp_outbox_next(itp_outbox *outbox, const char *campaign, size_t *size)
{
    pthread_mutex_lock(&outbox->lock);
    entry *e = outbox->first;
    while (e && (e->sent || strcmp(e->key.campaign, campaign) != 0)) e = e->next;
    outbox->lent = e;
    if (e) *size = e->size;
    pthread_mutex_unlock(&outbox->lock);
    /* Only the main thread removes a living entry, so the frame stays while it is sent. */
    return e ? e->frame : NULL;
}

void itp_outbox_sent(itp_outbox *outbox)
{
    if (outbox->lent) outbox->lent->sent = 1;
    outbox->lent = NULL;
}

void itp_outbox_rewind(itp_outbox *outbox, const char *campaign)
{
    for (entry *e = outbox->first; e; e = e->next)
        if (strcmp(e->key.campaign, campaign) == 0) e->sent = 0;
}

int itp_outbox_acknowledge(itp_outbox *outbox, const store_key *key)
{
    pthread_mutex_lock(&outbox->lock);
    entry **at = &outbox->first;
    while (*at && !same_key(&(*at)->key, key)) at = &(*at)->next;
    entry *found = *at;
    if (found) {
        unlink_entry(outbox, at);
        if (found->on_disk == WRITING) {
            found->acked = 1;
        } else {
            if (found->on_disk == WRITTEN) drop_later(outbox, found);
            /* A physical result is kept for ever, also when its acknowledgement was quicker. */
            if (found->physical && found->on_disk == FRESH) {
                itp_store_write(outbox->store, 1,
                                &(store_put){found->key, found->frame, found->size, 1}, 1,
                                &found->key, NULL);
            }
            free_entry(found);
        }
        if (outbox->n_drops >= OUTBOX_BATCH_MAX) outbox->drop_at_ms = 0;
        if (outbox->n_drops > 0) wake_for(outbox, outbox->drop_at_ms);
    }
    pthread_mutex_unlock(&outbox->lock);
    return found != NULL;
}

int itp_outbox_owes(itp_outbox *outbox, const char *campaign, itp_id request, uint32_t epoch)
{
    int found = 0;
    pthread_mutex_lock(&outbox->lock);
    for (entry *e = outbox->first; e; e = e->next) {
        if (e->key.request != request || (epoch && e->key.epoch != epoch) ||
            strcmp(e->key.campaign, campaign) != 0)
            continue;
        e->sent = 0;
        if (e->key.index < 0) found = 1;
    }
    pthread_mutex_unlock(&outbox->lock);
    return found;
}

int itp_outbox_at(itp_outbox *outbox, const char *campaign, size_t *from, store_key *out)
{
    size_t i = 0;
    int found = 0;
    pthread_mutex_lock(&outbox->lock);
    for (entry *e = outbox->first; e && !found; e = e->next, i++) {
        if (i < *from || strcmp(e->key.campaign, campaign) != 0) continue;
        *out = e->key;
        *from = i + 1;
        found = 1;
    }
    pthread_mutex_unlock(&outbox->lock);
    return found;
}

size_t itp_outbox_size(itp_outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    size_t n = outbox->n;
    pthread_mutex_unlock(&outbox->lock);
    return n;
}
