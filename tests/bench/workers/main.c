/* main.c - how fast real worker processes turn offers into results, when the agent costs nothing.
 *   bench_workers [WORKERS [SLOTS [RESULTS [ACK_MS]]]]        default 4 8 20000 3
 * The stand-in agent offers a no-op task, acknowledges each result ACK_MS later (as an agent does
 * whose commits take so long; 0: at once), and counts. Worker state lies in the current folder: run
 * it where a real disk is. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "clock.h"
#include "codec.h"

extern char **environ;

enum { WORKERS_MAX = 64, RESULTS_MAX = 1 << 22 };

typedef struct {
    unsigned char peer[64];
    size_t peer_size;
    itp_id request;
    int64_t due_ms;
} pending_ack;

typedef struct {
    void *zmq, *router;
    itp_wire_arena arena;
    itp_buffer out;
    pending_ack *acks; /* in order of due time */
    size_t first, last, offered, wanted, done;
    int ack_ms;
    int64_t started_ns;
} bench;

static void say(bench *b, const pending_ack *to, const itp_message *message)
{
    if (itp_wire_encode(message, &b->out) != ITP_OK) abort();
    zmq_send(b->router, to->peer, to->peer_size, ZMQ_SNDMORE);
    zmq_send(b->router, b->out.data, b->out.size, 0);
}

static void offer(bench *b, const pending_ack *to)
{
    static const itp_value INPUTS[] = {{"x1", 1, NAN, "1", NULL}, {"x2", 2, NAN, "1", NULL}};
    static const itp_port WANTED[] = {{.name = "value", .unit = "1", .low = NAN, .high = NAN}};
    if (b->offered == b->wanted) return;
    itp_message m;
    itp_message_init(&m, ITP_VERB_OFFER);
    m.campaign = "bench/0";
    m.request = ++b->offered;
    m.trial = m.request;
    m.epoch = 1;
    m.task = "noop";
    m.options = "{\"name\":\"zero\"}";
    m.values = INPUTS;
    m.n_values = 2;
    m.wanted = WANTED;
    m.n_wanted = 1;
    m.seed = m.request;
    say(b, to, &m);
}

static void acknowledge_due(bench *b, int64_t now)
{
    for (; b->first < b->last && b->acks[b->first].due_ms <= now; b->first++) {
        itp_message m;
        itp_message_init(&m, ITP_VERB_RESULT_ACK);
        m.campaign = "bench/0";
        m.request = b->acks[b->first].request;
        m.epoch = 1;
        say(b, &b->acks[b->first], &m);
        offer(b, &b->acks[b->first]);
    }
}

static void hear(bench *b, pending_ack *from)
{
    itp_message m, answer;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    zmq_msg_recv(&frame, b->router, 0);
    itp_wire_arena_reset(&b->arena);
    itp_status st =
        itp_wire_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), &b->arena, &m, NULL);
    zmq_msg_close(&frame);
    if (st != ITP_OK) abort();
    if (m.verb == ITP_VERB_HELLO) {
        itp_message_init(&answer, ITP_VERB_WELCOME);
        answer.campaign = "bench/0";
        answer.interval_ms = 1000;
        say(b, from, &answer);
    } else if (m.verb == ITP_VERB_CREDIT) {
        if (b->started_ns == 0) b->started_ns = itp_clock_monotonic_ns();
        for (int64_t i = 0; i < m.number; i++) offer(b, from);
    } else if (m.verb == ITP_VERB_RESULT) {
        from->request = m.request;
        from->due_ms = itp_clock_monotonic_ms() + b->ack_ms;
        b->acks[b->last++] = *from;
        b->done++;
    }
}

static void run(bench *b)
{
    for (;;) {
        int64_t now = itp_clock_monotonic_ms();
        acknowledge_due(b, now);
        if (b->first == b->wanted) return;
        long wait = b->first < b->last ? (long)(b->acks[b->first].due_ms - now) : 1000;
        zmq_pollitem_t item = {b->router, 0, ZMQ_POLLIN, 0};
        zmq_poll(&item, 1, wait > 0 ? wait : 0);
        pending_ack from;
        for (;;) {
            int size = zmq_recv(b->router, from.peer, sizeof from.peer, ZMQ_DONTWAIT);
            if (size < 0) break;
            from.peer_size = (size_t)size;
            hear(b, &from);
        }
    }
}

static pid_t spawn(const char *endpoint, int number, const char *slots)
{
    char state[32], name[32];
    snprintf(state, sizeof state, "bench.state.%d", number);
    snprintf(name, sizeof name, "w%d", number);
    char *argv[] = {"interphase-worker",
                    "--connect",
                    (char *)endpoint,
                    "--connector",
                    "function",
                    "--slots",
                    (char *)slots,
                    "--state",
                    state,
                    "--name",
                    name,
                    "--die-with-parent",
                    NULL};
    pid_t pid;
    if (posix_spawn(&pid, ITP_BUILD_DIR "/bin/interphase-worker", NULL, NULL, argv, environ) != 0)
        abort();
    return pid;
}

int main(int argc, char **argv)
{
    int workers = argc > 1 ? atoi(argv[1]) : 4;
    const char *slots = argc > 2 ? argv[2] : "8";
    bench b = {.wanted = argc > 3 ? (size_t)atol(argv[3]) : 20000,
               .ack_ms = argc > 4 ? atoi(argv[4]) : 3};
    pid_t pids[WORKERS_MAX];
    char endpoint[128];
    struct rusage usage;
    if (workers < 1 || workers > WORKERS_MAX || b.wanted < 1 || b.wanted > RESULTS_MAX) return 2;
    b.acks = calloc(b.wanted, sizeof *b.acks);
    b.zmq = zmq_ctx_new();
    b.router = zmq_socket(b.zmq, ZMQ_ROUTER);
    snprintf(endpoint, sizeof endpoint, "ipc:///tmp/itp_bench_workers.%d", (int)getpid());
    if (!b.acks || zmq_bind(b.router, endpoint) != 0) return 3;
    int64_t spawned_ns = itp_clock_monotonic_ns();
    for (int i = 0; i < workers; i++) pids[i] = spawn(endpoint, i, slots);
    run(&b);
    double seconds = (double)(itp_clock_monotonic_ns() - b.started_ns) / 1e9;
    for (int i = 0; i < workers; i++) kill(pids[i], SIGTERM);
    for (int i = 0; i < workers; i++) waitpid(pids[i], NULL, 0);
    getrusage(RUSAGE_CHILDREN, &usage);
    double cpu = (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("%zu results, %d workers of %s slots, acknowledged after %d ms: %.0f results/s, "
           "%.1f us of worker CPU a result; first credit %.0f ms after the start\n",
           b.done, workers, slots, b.ack_ms, (double)b.done / seconds, 1e6 * cpu / (double)b.done,
           1e-6 * (double)(b.started_ns - spawned_ns));
    zmq_close(b.router);
    zmq_ctx_term(b.zmq);
    itp_wire_arena_deinit(&b.arena);
    itp_buffer_deinit(&b.out);
    free(b.acks);
    return 0;
}
