/* secure.c - what CURVE costs: durable throughput through real workers with it and without, and the
 * time from a result that leaves a worker to the next offer that reaches it, with many connected.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "allowed.h"
#include "bench.h"
#include "clock.h"
#include "codec.h"

#define KEY_FILE "keys/lab.key"

/* A free port, the agent's keys and an admitted worker's, in this folder. */
static void prepare(char endpoint[64], itp_keys *lab)
{
    itp_keys agent;
    itp_allowed_key entry = {.name = "lab", .roles = ITP_ROLE_COMPUTE};
    char folder[64];
    size_t size = 64;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    if (zmq_bind(socket, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0)
        exit(2);
    zmq_close(socket);
    zmq_ctx_term(context);
    unlink("keys/agent.key");
    unlink(KEY_FILE);
    if (itp_keys_folder(folder, sizeof folder, "keys", 1, NULL) != ITP_OK ||
        itp_keys_make(&agent, "agent", NULL) != ITP_OK || itp_keys_make(lab, "lab", NULL) != ITP_OK)
        exit(2);
    lab->n_agents = 1;
    snprintf(lab->agents[0].endpoint, sizeof lab->agents[0].endpoint, "%s", endpoint);
    memcpy(lab->agents[0].key, agent.public_key, sizeof agent.public_key);
    memcpy(entry.key, lab->public_key, sizeof entry.key);
    if (itp_keys_write(&agent, "keys/agent.key", NULL) != ITP_OK ||
        itp_keys_write(lab, KEY_FILE, NULL) != ITP_OK ||
        itp_allowed_put("keys/allowed", &entry, NULL) != ITP_OK)
        exit(2);
}

/* --- Throughput ------------------------------------------------------------------------------ */

enum { WORKERS = 4 };

static pid_t start_worker(int i, const char *connect, const char *key)
{
    char name[16], state[32];
    snprintf(name, sizeof name, "w%d", i);
    snprintf(state, sizeof state, "state-%d", i);
    const char *const args[] = {"interphase-worker",
                                "--connect",
                                connect,
                                "--connector",
                                "function",
                                "--slots",
                                "16",
                                "--name",
                                name,
                                "--state",
                                state,
                                "--log",
                                "error",
                                key ? "--key" : NULL,
                                key,
                                NULL};
    pid_t pid = fork();
    if (pid != 0) return pid;
    execv(ITP_BUILD_DIR "/bin/interphase-worker", (char *const *)args);
    _exit(127);
}

static double rate(size_t trials, const char *listen, const char *key)
{
    const char *const words[] = {"--workers", "0",    "--listen", listen,
                                 "--keys",    "keys", "--quiet",  NULL};
    pid_t pids[WORKERS];
    size_t n;
    remove("bench.journal");
    write_campaign("secure.yaml", trials, ", lease: 60 s");
    pid_t agent = start_agent("secure.yaml", words);
    for (int i = 0; i < WORKERS; i++) pids[i] = start_worker(i, listen, key);
    wait_agent(agent, NULL);
    for (int i = 0; i < WORKERS; i++) kill(pids[i], SIGTERM);
    for (int i = 0; i < WORKERS; i++) waitpid(pids[i], NULL, 0);
    double seconds = accepted_results("bench.journal", &n);
    return n == trials && seconds > 0 ? (double)n / seconds : 0;
}

/* --- Latency --------------------------------------------------------------------------------- */

typedef struct hand {
    void *dealer;
    int64_t done_ns, freed_ns; /* when its attempt ends; when its result left; 0: not so */
    itp_id request;
    uint32_t epoch;
    char campaign[128];
} hand;

typedef struct crew {
    void *context;
    hand *hands;
    zmq_pollitem_t *items;
    size_t n, n_times, capacity;
    double *times_ms;
    itp_wire_arena arena;
    uint64_t draw;
} crew;

static void say(void *dealer, const itp_message *m)
{
    itp_buffer frame = {0};
    if (itp_wire_encode(m, &frame) == ITP_OK)
        zmq_send(dealer, frame.data, frame.size, ZMQ_DONTWAIT);
    itp_buffer_deinit(&frame);
}

static void enter(crew *c, size_t i)
{
    static const char *const TASKS[] = {"*"};
    const itp_roster roster = {
        .n_tasks = 1, .tasks = TASKS, .connector = "function", .slots = 1, .schema = "{}"};
    char name[32];
    itp_message m;
    snprintf(name, sizeof name, "hand-%zu", i);
    itp_message_init(&m, ITP_VERB_REGISTER);
    m.worker = name;
    m.roster = &roster;
    say(c->hands[i].dealer, &m);
}

static void open_crew(crew *c, size_t n, const itp_keys *keys)
{
    *c = (crew){.context = zmq_ctx_new(), .n = n, .capacity = 1 << 20, .draw = 88172645463325252u};
    zmq_ctx_set(c->context, ZMQ_MAX_SOCKETS, 4096);
    c->hands = calloc(n, sizeof *c->hands);
    c->items = calloc(n, sizeof *c->items);
    c->times_ms = calloc(c->capacity, sizeof *c->times_ms);
    const int none = 0, retry = 20;
    for (size_t i = 0; i < n; i++) {
        void *dealer = c->hands[i].dealer = zmq_socket(c->context, ZMQ_DEALER);
        zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof none);
        zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &retry, sizeof retry);
        zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, keys->agents[0].key, ITP_Z85_TEXT);
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, keys->public_key, ITP_Z85_TEXT);
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, keys->secret_key, ITP_Z85_TEXT);
        zmq_connect(dealer, keys->agents[0].endpoint);
        c->items[i] = (zmq_pollitem_t){dealer, 0, ZMQ_POLLIN, 0};
        enter(c, i);
    }
}

static void close_crew(crew *c)
{
    for (size_t i = 0; i < c->n; i++) zmq_close(c->hands[i].dealer);
    zmq_ctx_term(c->context);
    itp_wire_arena_deinit(&c->arena);
    free(c->hands);
    free(c->items);
    free(c->times_ms);
}

/* Attempts take 0.5 to 1.5 s, so that results come at all moments (Marsaglia's xorshift). */
static int64_t work_ns(crew *c)
{
    c->draw ^= c->draw << 13;
    c->draw ^= c->draw >> 7;
    c->draw ^= c->draw << 17;
    return 500000000 + (int64_t)(c->draw % 1000000000);
}

static void hear(crew *c, hand *h, int64_t now_ns)
{
    char bytes[65536];
    int size;
    while ((size = zmq_recv(h->dealer, bytes, sizeof bytes, ZMQ_DONTWAIT)) >= 0) {
        itp_message m;
        itp_wire_arena_reset(&c->arena);
        if (itp_wire_decode(bytes, (size_t)size, &c->arena, &m, NULL) != ITP_OK) continue;
        if (m.verb != ITP_VERB_OFFER) continue;
        if (h->freed_ns && c->n_times < c->capacity)
            c->times_ms[c->n_times++] = (double)(now_ns - h->freed_ns) * 1e-6;
        h->freed_ns = 0;
        h->request = m.request;
        h->epoch = m.epoch;
        snprintf(h->campaign, sizeof h->campaign, "%s", m.campaign);
        h->done_ns = now_ns + work_ns(c);
    }
}

static void finish(hand *h)
{
    const itp_value value = {.name = "value", .number = 1, .sd = NAN, .unit = "1"};
    itp_message m;
    itp_message_init(&m, ITP_VERB_RESULT);
    m.campaign = h->campaign;
    m.request = h->request;
    m.epoch = h->epoch;
    m.values = &value;
    m.n_values = 1;
    h->done_ns = 0;
    h->freed_ns = itp_clock_monotonic_ns();
    say(h->dealer, &m);
}

static void live(crew *c, double seconds)
{
    int64_t end = itp_clock_monotonic_ns() + (int64_t)(seconds * 1e9), beat = 0, now;
    while ((now = itp_clock_monotonic_ns()) < end) {
        int beats = now > beat;
        for (size_t i = 0; i < c->n; i++) {
            hand *h = &c->hands[i];
            itp_message m;
            if (h->done_ns && now >= h->done_ns) finish(h);
            itp_message_init(&m, ITP_VERB_HEARTBEAT);
            if (beats) say(h->dealer, &m);
        }
        if (beats) beat = now + ITP_HEARTBEAT_MS * 1000000ll;
        if (zmq_poll(c->items, (int)c->n, 1) <= 0) continue;
        for (size_t i = 0; i < c->n; i++)
            if (c->items[i].revents) hear(c, &c->hands[i], itp_clock_monotonic_ns());
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double latency_ms(size_t workers, double seconds, const itp_keys *keys, double *median_ms,
                         size_t *n)
{
    const char *const words[] = {"--workers",       "0",    "--listen", keys->agents[0].endpoint,
                                 "--keys",          "keys", "--quiet",  "--journal",
                                 "latency.journal", NULL};
    crew c;
    write_campaign("latency.yaml", 100000, ", lease: 1 h");
    pid_t agent = start_agent("latency.yaml", words);
    open_crew(&c, workers, keys);
    live(&c, 4); /* all connected and at work; not counted */
    c.n_times = 0;
    live(&c, seconds);
    qsort(c.times_ms, c.n_times, sizeof *c.times_ms, by_size);
    *n = c.n_times;
    *median_ms = c.n_times ? c.times_ms[c.n_times / 2] : INFINITY;
    double p99 = c.n_times ? c.times_ms[c.n_times * 99 / 100] : INFINITY;
    kill(agent, SIGINT);
    wait_agent(agent, NULL);
    close_crew(&c);
    return p99;
}

void measure_security(int json, size_t trials, double seconds)
{
    char endpoint[64];
    itp_keys lab;
    double with = 0, without = 0, median;
    size_t n;
    prepare(endpoint, &lab);
    /* In turn and twice, since the machine may be busy with other things: slower and slower. */
    for (int i = 0; i < 2; i++) {
        without += rate(trials, "ipc://secure.ipc", NULL) / 2;
        with += rate(trials, endpoint, KEY_FILE) / 2;
    }
    if (!json) printf("results/s: %.0f over ipc, %.0f over TCP with CURVE\n", without, with);
    report(json, "4 curve share", without > 0 ? with / without : 0, 0.5, 0, "");
    double p99 = latency_ms(256, seconds, &lab, &median, &n);
    if (!json) printf("result sent to next offer: median %.2f ms of %zu\n", median, n);
    report(json, "4 dispatch latency p99, 256 workers", p99, 20, 1, "ms");
}
