/* crew.c - see crew.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "crew.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "report.h"

typedef struct seat {
    itp_crew *crew;
    itp_slot *slot;
    pthread_t thread;
    pthread_cond_t wake;
    job *job; /* given; NULL when idle */
    int threaded, taken, go, drop;
    int halted; /* SAFE_STOP came while it had this job */
} seat;

struct itp_crew {
    crew_setting setting;
    pthread_mutex_t lock; /* over seats, notices and the jobs' progress */
    int descriptor, stopping;
    unsigned n;
    seat *seats;
    notice *first, **last;
};

static void post(itp_crew *crew, notice *notice)
{
    notice->next = NULL;
    pthread_mutex_lock(&crew->lock);
    int quiet = crew->first == NULL;
    *crew->last = notice;
    crew->last = &notice->next;
    pthread_mutex_unlock(&crew->lock);
    uint64_t one = 1;
    /* An eventfd takes 2^64 - 2 of these before it would block. */
    if (quiet && write(crew->descriptor, &one, sizeof one) < 0) assert(0);
}

static notice *new_notice(notice_kind kind, job *job)
{
    notice *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->kind = kind;
    made->job = job;
    made->key = (store_key){job->offer.campaign, job->offer.request, job->offer.epoch, -1};
    return made;
}

static itp_request request_of(const itp_message *offer)
{
    double limit = offer->time_limit_s;
    return (itp_request){.request = offer->request,
                         .trial = offer->trial,
                         .epoch = offer->epoch,
                         .index = offer->replicate,
                         .campaign = offer->campaign,
                         .task = offer->task,
                         .source = offer->source ? offer->source : "default",
                         .options = offer->options ? offer->options : "{}",
                         .inputs = offer->values,
                         .n_inputs = offer->n_values,
                         .wanted = offer->wanted,
                         .n_wanted = offer->n_wanted,
                         .sample = offer->sample,
                         .time_limit_s = limit > 0 ? limit : INFINITY,
                         .seed = offer->seed};
}

/* The hooks get their seat as ctx. */
static itp_status on_started(void *ctx, const itp_request *request)
{
    seat *seat = ctx;
    job *job = seat->job;
    if (job->offer.cls != ITP_PHYSICAL) return ITP_OK;
    itp_error err;
    itp_status st = itp_store_start(seat->crew->setting.store, request->campaign, request->request,
                                    request->epoch, &err);
    if (st != ITP_OK) {
        itp_log(seat->crew->setting.log, ITP_ERROR, "start_refused", "request=%llu text=%s",
                (unsigned long long)request->request, err.text);
        return st;
    }
    notice *told = new_notice(NOTICE_STARTED, job);
    if (told) post(seat->crew, told);
    return ITP_OK;
}

static itp_status on_emit(void *ctx, const itp_request *request, const itp_report *report)
{
    (void)request;
    seat *seat = ctx;
    notice *told = new_notice(NOTICE_EMIT, seat->job);
    if (!told) return ITP_ENOMEM;
    told->key.index = report->index;
    itp_status st = report_encode(&seat->job->offer, report, &told->frame);
    if (st != ITP_OK) {
        itp_notice_free(told);
        return st;
    }
    post(seat->crew, told);
    return ITP_OK;
}

static void on_progress(void *ctx, double fraction, const char *text)
{
    seat *seat = ctx;
    pthread_mutex_lock(&seat->crew->lock);
    seat->job->fraction = fraction;
    snprintf(seat->job->text, sizeof seat->job->text, "%s", text ? text : "");
    report_clean(seat->job->text);
    pthread_mutex_unlock(&seat->crew->lock);
}

/* Physical work: ready, then wait for START. ITP_CAUSE_NONE: go on and measure. */
static int await_start(seat *seat, const itp_request *request)
{
    itp_crew *crew = seat->crew;
    itp_error err = {.status = ITP_OK};
    itp_status st = itp_slot_prepare(seat->slot, request, &err);
    notice *told = new_notice(st == ITP_OK ? NOTICE_READY : NOTICE_DECLINED, seat->job);
    assert(told); /* a few hundred bytes; without them this process cannot say anything */
    snprintf(told->text, sizeof told->text, "%s", err.text);
    post(crew, told);
    if (st != ITP_OK) return 0;
    pthread_mutex_lock(&crew->lock);
    while (!seat->go && !seat->drop) pthread_cond_wait(&seat->wake, &crew->lock);
    int go = seat->go && !seat->drop;
    pthread_mutex_unlock(&crew->lock);
    if (go) return 1;
    if ((told = new_notice(NOTICE_DECLINED, seat->job))) {
        snprintf(told->text, sizeof told->text, "cancelled before it was started");
        post(crew, told);
    }
    return 0;
}

/* A task that moves matter runs only as what it is. */
static int wrong_class(const seat *seat, const job *job)
{
    const itp_task *task = itp_plugin_task(seat->crew->setting.plugin, job->offer.task);
    return task && task->cls == ITP_PHYSICAL && job->offer.cls != ITP_PHYSICAL;
}

static int was_halted(seat *seat)
{
    pthread_mutex_lock(&seat->crew->lock);
    int halted = seat->halted;
    pthread_mutex_unlock(&seat->crew->lock);
    return halted;
}

static void perform(seat *seat, job *job)
{
    itp_request request = request_of(&job->offer);
    if (job->offer.cls == ITP_PHYSICAL && !await_start(seat, &request)) return;
    int64_t began = itp_clock_monotonic_ms();
    itp_report report = {.index = -1, .cost = NAN};
    if (wrong_class(seat, job)) {
        report.cause = ITP_CAUSE_REFUSED;
        snprintf(report.text, sizeof report.text,
                 "task %s is physical; the campaign must say class: physical", job->offer.task);
    } else {
        itp_slot_measure(seat->slot, &request, &report);
        /* Stopped by a person, which says nothing of the experiment: not for the model to learn. */
        if (report.cause == ITP_CAUSE_UNSAFE && was_halted(seat))
            report.cause = ITP_CAUSE_CANCELLED;
    }
    notice *told = new_notice(NOTICE_FINAL, job);
    assert(told);
    told->cause = report.cause;
    told->took_ms = itp_clock_monotonic_ms() - began;
    if (report_encode(&job->offer, &report, &told->frame) != ITP_OK) {
        itp_buffer_deinit(&told->frame);
        told->cause = ITP_CAUSE_INVALID;
        report_encode_failure(&job->offer, ITP_CAUSE_INVALID,
                              "the result does not fit into a frame", &told->frame);
    }
    itp_report_deinit(&report);
    post(seat->crew, told);
}

static void *work(void *ctx)
{
    seat *seat = ctx;
    itp_crew *crew = seat->crew;
    for (;;) {
        pthread_mutex_lock(&crew->lock);
        while (!crew->stopping && (!seat->job || seat->taken))
            pthread_cond_wait(&seat->wake, &crew->lock);
        job *job = seat->taken ? NULL : seat->job;
        seat->taken = 1;
        pthread_mutex_unlock(&crew->lock);
        if (!job) return NULL;
        perform(seat, job);
    }
}

static itp_status open_seat(itp_crew *crew, seat *seat, itp_error *err)
{
    const crew_setting *s = &crew->setting;
    seat->crew = crew;
    pthread_cond_init(&seat->wake, NULL);
    itp_slot_setting slot = {.plugin = s->plugin,
                             .config = s->config,
                             .folder = s->folder,
                             .worker = s->worker,
                             .units = s->units,
                             .log = s->log,
                             .hooks = {seat, on_started, on_emit, on_progress}};
    itp_status st = itp_slot_open(&seat->slot, &slot, err);
    if (st != ITP_OK) return st;
    if (pthread_create(&seat->thread, NULL, work, seat) != 0)
        return itp_fail(err, ITP_ERESOURCE, "no thread for a slot");
    seat->threaded = 1;
    return ITP_OK;
}

itp_status itp_crew_open(itp_crew **out, const crew_setting *setting, itp_error *err)
{
    itp_status st = ITP_OK;
    itp_crew *crew = calloc(1, sizeof *crew);
    if (!crew) return itp_fail(err, ITP_ENOMEM, "crew");
    crew->setting = *setting;
    crew->last = &crew->first;
    pthread_mutex_init(&crew->lock, NULL);
    crew->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    crew->seats = calloc(setting->slots, sizeof *crew->seats);
    if (crew->descriptor < 0 || !crew->seats)
        st = itp_fail(err, ITP_ERESOURCE, "%u slots: no descriptor or no memory", setting->slots);
    for (unsigned i = 0; i < setting->slots && st == ITP_OK; i++) {
        crew->n = i + 1;
        st = open_seat(crew, &crew->seats[i], err);
    }
    if (st != ITP_OK) {
        itp_crew_close(crew);
        return st;
    }
    *out = crew;
    return ITP_OK;
}

void itp_crew_close(itp_crew *crew)
{
    if (!crew) return;
    pthread_mutex_lock(&crew->lock);
    crew->stopping = 1;
    for (unsigned i = 0; i < crew->n; i++) pthread_cond_signal(&crew->seats[i].wake);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->n; i++) {
        if (crew->seats[i].threaded) pthread_join(crew->seats[i].thread, NULL);
        itp_slot_close(crew->seats[i].slot);
        pthread_cond_destroy(&crew->seats[i].wake);
    }
    for (notice *left; (left = itp_crew_take(crew));) itp_notice_free(left);
    free(crew->seats);
    if (crew->descriptor >= 0) close(crew->descriptor);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

int itp_crew_descriptor(const itp_crew *crew)
{
    return crew->descriptor;
}

notice *itp_crew_take(itp_crew *crew)
{
    uint64_t count;
    pthread_mutex_lock(&crew->lock);
    notice *taken = crew->first;
    if (taken) {
        crew->first = taken->next;
        if (!crew->first) crew->last = &crew->first;
    }
    /* Drained under the lock: a notice posted from now on makes it readable again. */
    if (!crew->first && read(crew->descriptor, &count, sizeof count) < 0) count = 0;
    pthread_mutex_unlock(&crew->lock);
    return taken;
}

void itp_notice_free(notice *notice)
{
    if (!notice) return;
    itp_buffer_deinit(&notice->frame);
    free(notice);
}

int itp_crew_give(itp_crew *crew, job *job)
{
    pthread_mutex_lock(&crew->lock);
    unsigned i = 0;
    while (i < crew->n && crew->seats[i].job) i++;
    if (i < crew->n) {
        seat *seat = &crew->seats[i];
        seat->taken = seat->go = seat->drop = seat->halted = 0;
        seat->job = job;
        job->slot = (int)i;
        job->state = job->offer.cls == ITP_PHYSICAL ? JOB_GIVEN : JOB_RUNNING;
        job->fraction = NAN;
        itp_slot_ready(seat->slot);
        pthread_cond_signal(&seat->wake);
    }
    pthread_mutex_unlock(&crew->lock);
    return i < crew->n;
}

void itp_crew_start(itp_crew *crew, job *job)
{
    pthread_mutex_lock(&crew->lock);
    seat *seat = &crew->seats[job->slot];
    seat->go = 1;
    job->state = JOB_RUNNING;
    pthread_cond_signal(&seat->wake);
    pthread_mutex_unlock(&crew->lock);
}

void itp_crew_cancel(itp_crew *crew, job *job, itp_cause why)
{
    seat *seat = &crew->seats[job->slot];
    pthread_mutex_lock(&crew->lock);
    seat->drop = 1;
    pthread_cond_signal(&seat->wake);
    pthread_mutex_unlock(&crew->lock);
    job->cancelled = 1;
    itp_slot_cancel(seat->slot, why);
}

void itp_crew_idle(itp_crew *crew, job *job)
{
    pthread_mutex_lock(&crew->lock);
    if (job->slot >= 0) crew->seats[job->slot].job = NULL;
    job->slot = -1;
    pthread_mutex_unlock(&crew->lock);
}

void itp_crew_safe_stop(itp_crew *crew)
{
    /* The flag first: a connector that ends at once must find it set. */
    pthread_mutex_lock(&crew->lock);
    for (unsigned i = 0; i < crew->n; i++) crew->seats[i].halted = crew->seats[i].job != NULL;
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->n; i++) itp_slot_safe_stop(crew->seats[i].slot);
}

void itp_crew_progress(itp_crew *crew, const job *job, double *fraction, char text[128])
{
    pthread_mutex_lock(&crew->lock);
    *fraction = job->slot >= 0 ? job->fraction : NAN;
    memcpy(text, job->text, sizeof job->text);
    pthread_mutex_unlock(&crew->lock);
}

itp_status itp_crew_query(itp_crew *crew, itp_id request, itp_answer *out)
{
    for (unsigned i = 0; i < crew->n; i++)
        if (!crew->seats[i].job) return itp_slot_query(crew->seats[i].slot, request, out);
    return ITP_ENOTSUP;
}
