/* test_door.c - strangers, wrong keys and wrong roles before a real agent, over real CURVE sockets,
 * with every verb: all are refused, logged once, told nothing, and the campaign never notices.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "allowed.h"
#include "codec.h"
#include "gate.h"
#include "journal.h"
#include "suite.h"

enum { DEADLINE_MS = 60000 };

static const char CAMPAIGN[] =
    "campaign: door\nparameters:\n  x1: {real: [-5, 10]}\n  x2: {real: [0, 15]}\n"
    "tasks:\n  t: {connector: function, with: {name: branin, latency: 20 ms}, outputs: {value: "
    "{unit: '1'}}}\n"
    "objectives: [{minimise: value}]\nagent: {design: {sobol: 100000}}\nbudget: {trials: 100000}\n";

/* A campaign at work with one local worker, and the keys of those who are admitted to it. */
typedef struct house {
    char folder[64], endpoint[ITP_ENDPOINT_TEXT];
    pid_t agent;
    FILE *out; /* its JSON lines */
    void *zmq;
    unsigned knocks;
    itp_keys keys, lab, boss, guest, stranger;
} house;

static void admit(const house *h, const char *name, unsigned roles, itp_keys *keys)
{
    char path[128];
    itp_allowed_key entry = {.roles = roles};
    CU_ASSERT_EQUAL_FATAL(itp_keys_make(keys, name, NULL), ITP_OK);
    strcpy(entry.name, name);
    strcpy(entry.key, keys->public_key);
    snprintf(path, sizeof path, "%s/keys/allowed", h->folder);
    CU_ASSERT_EQUAL_FATAL(itp_allowed_put(path, &entry, NULL), ITP_OK);
}

static void run_agent(house *h)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    h->agent = fork();
    if (h->agent == 0) {
        int log = chdir(h->folder) == 0 ? open("log", O_WRONLY | O_CREAT, 0600) : -1;
        setenv("XDG_RUNTIME_DIR", h->folder, 1);
        dup2(ends[1], 1);
        dup2(log, 2);
        close(ends[0]);
        execl(ITP_BUILD_DIR "/bin/interphase", "interphase", "run", "door.yaml", "--workers", "1",
              "--listen", "tcp://127.0.0.1:*", "--keys", "keys", "--json", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    h->out = fdopen(ends[0], "r");
}

/* Reads the agent's lines until one has this word in it. */
static int await(house *h, const char *word, char *line, size_t size)
{
    while (fgets(line, (int)size, h->out))
        if (strstr(line, word)) return 1;
    return 0;
}

static void set_up(house *h)
{
    char path[128], line[65536];
    itp_keys agent;
    memset(h, 0, sizeof *h);
    strcpy(h->folder, "/tmp/itp_door_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(h->folder));
    snprintf(path, sizeof path, "%s/door.yaml", h->folder);
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(CAMPAIGN, file);
    fclose(file);
    char keys[256];
    snprintf(path, sizeof path, "%s/keys", h->folder);
    CU_ASSERT_EQUAL_FATAL(itp_keys_folder(keys, sizeof keys, path, 1, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_keys_make(&agent, "agent", NULL), ITP_OK);
    snprintf(path, sizeof path, "%s/keys/agent.key", h->folder);
    CU_ASSERT_EQUAL_FATAL(itp_keys_write(&agent, path, NULL), ITP_OK);
    h->keys = agent;
    admit(h, "lab", ITP_ROLE_COMPUTE, &h->lab);
    admit(h, "boss", ITP_ROLE_OPERATE, &h->boss);
    admit(h, "guest", ITP_ROLE_OBSERVE, &h->guest);
    CU_ASSERT_EQUAL_FATAL(itp_keys_make(&h->stranger, "stranger", NULL), ITP_OK);
    run_agent(h);
    CU_ASSERT_FATAL(await(h, "listening", line, sizeof line));
    const char *at = strstr(line, "tcp://");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(h->endpoint, sizeof h->endpoint, "%.*s", (int)strcspn(at, "\""), at);
    h->zmq = zmq_ctx_new();
}

static void tear_down(house *h)
{
    char command[128];
    zmq_ctx_term(h->zmq);
    fclose(h->out);
    kill(h->agent, SIGTERM);
    waitpid(h->agent, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", h->folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* The campaign goes on: so many further results come. */
static void assert_goes_on(house *h, int results)
{
    char line[65536];
    int seen = 0;
    while (seen < results && await(h, "\"result\"", line, sizeof line)) seen++;
    CU_ASSERT_EQUAL(seen, results);
}

/* --- A peer ---------------------------------------------------------------------------------- */

typedef struct peer {
    void *dealer, *monitor;
    itp_wire_arena arena;
} peer;

/* keys NULL: without CURVE. server_key: as it believes it to be. */
static void knock(house *h, peer *p, const itp_keys *keys, const char *server_key)
{
    const int none = 0, deadline = DEADLINE_MS, one = 1;
    memset(p, 0, sizeof *p);
    p->dealer = zmq_socket(h->zmq, ZMQ_DEALER);
    zmq_setsockopt(p->dealer, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(p->dealer, ZMQ_RCVTIMEO, &deadline, sizeof deadline);
    zmq_setsockopt(p->dealer, ZMQ_IMMEDIATE, &one, sizeof one);
    if (keys) {
        zmq_setsockopt(p->dealer, ZMQ_CURVE_SERVERKEY, server_key, ITP_Z85_TEXT);
        zmq_setsockopt(p->dealer, ZMQ_CURVE_PUBLICKEY, keys->public_key, ITP_Z85_TEXT);
        zmq_setsockopt(p->dealer, ZMQ_CURVE_SECRETKEY, keys->secret_key, ITP_Z85_TEXT);
    }
    char monitor[64]; /* a name of its own: libzmq lets go of the last one when it likes */
    snprintf(monitor, sizeof monitor, "inproc://peer-%u", h->knocks++);
    CU_ASSERT_EQUAL(zmq_socket_monitor(p->dealer, monitor, ZMQ_EVENT_ALL), 0);
    p->monitor = zmq_socket(h->zmq, ZMQ_PAIR);
    zmq_setsockopt(p->monitor, ZMQ_RCVTIMEO, &deadline, sizeof deadline);
    CU_ASSERT_EQUAL(zmq_connect(p->monitor, monitor), 0);
    CU_ASSERT_EQUAL_FATAL(zmq_connect(p->dealer, h->endpoint), 0);
}

static void leave(peer *p)
{
    zmq_socket_monitor(p->dealer, NULL, 0);
    zmq_close(p->monitor);
    zmq_close(p->dealer);
    itp_wire_arena_deinit(&p->arena);
}

/* 1 when the handshake succeeded, 0 when it did not. */
static int is_let_in(peer *p)
{
    for (;;) {
        uint16_t kind = 0;
        char event[16], address[256];
        if (zmq_recv(p->monitor, event, sizeof event, 0) < 6) return -1;
        zmq_recv(p->monitor, address, sizeof address, 0);
        memcpy(&kind, event, sizeof kind);
        if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return 1;
        if (kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || kind == ZMQ_EVENT_DISCONNECTED ||
            kind == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
            kind == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
            return 0;
    }
}

/* A frame with everything that any verb needs. */
static void say(peer *p, itp_verb verb, const char *campaign, itp_id request)
{
    static const char *const TASKS[] = {"t"};
    const itp_roster roster = {
        .n_tasks = 1, .tasks = TASKS, .connector = "function", .slots = 1, .schema = "{}"};
    itp_buffer frame = {0};
    itp_message m;
    itp_message_init(&m, verb);
    m.campaign = campaign;
    m.worker = "local-1";
    m.text = "x";
    m.request = request;
    m.epoch = 1;
    m.number = 1;
    m.task = "t";
    m.cause = ITP_CAUSE_SCIENTIFIC;
    m.roster = verb == ITP_VERB_REGISTER ? &roster : NULL;
    CU_ASSERT_EQUAL(itp_wire_encode(&m, &frame), ITP_OK);
    CU_ASSERT(zmq_send(p->dealer, frame.data, frame.size, 0) >= 0);
    itp_buffer_deinit(&frame);
}

static int hear(peer *p, itp_message *m)
{
    char bytes[65536];
    int size = zmq_recv(p->dealer, bytes, sizeof bytes, 0);
    itp_wire_arena_reset(&p->arena);
    return size > 0 && itp_wire_decode(bytes, (size_t)size, &p->arena, m, NULL) == ITP_OK;
}

/* The next answer that is an ERROR; others (offers) are passed over. */
static int hear_error(peer *p, itp_message *m)
{
    while (hear(p, m))
        if (m->verb == ITP_VERB_ERROR) return 1;
    return 0;
}

/* How often a word is in the agent's log. */
static unsigned log_count(const house *h, const char *word, const char *other)
{
    char path[128], line[2048];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/log", h->folder);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) n += strstr(line, word) && strstr(line, other);
    if (file) fclose(file);
    return n;
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void nobody_comes_in_without_an_admitted_key(void)
{
    house h;
    peer p;
    set_up(&h);
    for (int round = 0; round < 3; round++) {
        knock(&h, &p, NULL, NULL);
        CU_ASSERT_EQUAL(is_let_in(&p), 0); /* no key */
        leave(&p);
        knock(&h, &p, &h.stranger, h.keys.public_key);
        CU_ASSERT_EQUAL(is_let_in(&p), 0); /* a key that is not in the list */
        leave(&p);
        knock(&h, &p, &h.lab, h.stranger.public_key);
        CU_ASSERT_EQUAL(is_let_in(&p), 0); /* an admitted key, and another agent's */
        leave(&p);
    }
    itp_keys forged = h.lab; /* somebody else's public key without its secret */
    strcpy(forged.secret_key, h.stranger.secret_key);
    knock(&h, &p, &forged, h.keys.public_key);
    CU_ASSERT_EQUAL(is_let_in(&p), 0);
    leave(&p);
    knock(&h, &p, &h.lab, h.keys.public_key);
    CU_ASSERT_EQUAL(is_let_in(&p), 1);
    leave(&p);
    assert_goes_on(&h, 5);
    CU_ASSERT_EQUAL(log_count(&h, "WARN refused", h.stranger.public_key), 1);
    CU_ASSERT_EQUAL(log_count(&h, "WARN refused", "nokey"), 1);
    CU_ASSERT_EQUAL(log_count(&h, "WARN refused", ""), 2);
    tear_down(&h);
}

static void no_verb_of_workers_is_heard_from_people(void)
{
    house h;
    peer p;
    itp_message m;
    set_up(&h);
    const itp_keys *const people[] = {&h.boss, &h.guest};
    for (size_t who = 0; who < 2; who++)
        for (int verb = 0; verb < ITP_VERB_COUNT; verb++) {
            knock(&h, &p, people[who], h.keys.public_key);
            CU_ASSERT_EQUAL_FATAL(is_let_in(&p), 1);
            say(&p, (itp_verb)verb, "door", 1);
            CU_ASSERT_FATAL(hear(&p, &m)); /* the very first answer, whatever was said */
            CU_ASSERT_EQUAL(m.verb, ITP_VERB_ERROR);
            CU_ASSERT_STRING_EQUAL(m.text, ITP_GATE_ANSWER);
            leave(&p);
        }
    assert_goes_on(&h, 5);
    for (size_t who = 0; who < 2; who++) {
        CU_ASSERT_EQUAL(log_count(&h, "role of its key", people[who]->public_key), 1);
        CU_ASSERT_EQUAL(log_count(&h, "only an agent says", people[who]->public_key), 1);
    }
    CU_ASSERT_EQUAL(log_count(&h, "worker_lost", ""), 0);
    tear_down(&h);
}

/* A worker that speaks of an attempt of another's hears what it hears of one that does not exist.
 */
static void what_is_not_ones_own_is_as_if_it_were_not(void)
{
    static const itp_verb OF_ATTEMPTS[] = {ITP_VERB_ACCEPT, ITP_VERB_DECLINE, ITP_VERB_STARTED,
                                           ITP_VERB_RESULT, ITP_VERB_FAILURE, ITP_VERB_ANSWER};
    house h;
    peer p;
    itp_message m;
    char campaign[ITP_WIRE_NAME];
    set_up(&h);
    assert_goes_on(&h, 3); /* request 1 exists, and was local-1's */
    knock(&h, &p, &h.lab, h.keys.public_key);
    say(&p, ITP_VERB_HELLO, "x", 1);
    CU_ASSERT_FATAL(hear(&p, &m));
    CU_ASSERT_EQUAL_FATAL(m.verb, ITP_VERB_WELCOME);
    snprintf(campaign, sizeof campaign, "%s", m.campaign);
    say(&p, ITP_VERB_REGISTER, campaign, 1); /* calls itself local-1, and is lab/local-1 */
    for (size_t i = 0; i < sizeof OF_ATTEMPTS / sizeof *OF_ATTEMPTS; i++)
        for (int k = 0; k < 3; k++) {
            say(&p, OF_ATTEMPTS[i], k == 2 ? "another" : campaign, k == 1 ? 99999999 : 1);
            CU_ASSERT_FATAL(hear_error(&p, &m));
            CU_ASSERT_STRING_EQUAL(m.text, ITP_GATE_ANSWER);
        }
    leave(&p);
    assert_goes_on(&h, 5);
    CU_ASSERT_EQUAL(log_count(&h, "never given", h.lab.public_key), 1);
    CU_ASSERT_EQUAL(log_count(&h, "worker_lost", "worker=local-1"), 0);
    tear_down(&h);
}

static void who_breaks_the_protocol_is_dropped_and_others_never_notice(void)
{
    house h;
    peer p;
    itp_message m;
    set_up(&h);
    unsigned char deep[64],
        many[16] = {0xdd, 0xff, 0xff, 0xff, 0xff}; /* 2^32 - 1 items announced */
    memset(deep, 0x91, sizeof deep);               /* [[[[... */
    deep[sizeof deep - 1] = 0;
    const struct {
        const void *bytes;
        size_t size;
    } broken[] = {{"not msgpack", 11}, {deep, sizeof deep}, {many, sizeof many}, {"", 0}};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        knock(&h, &p, &h.lab, h.keys.public_key);
        say(&p, ITP_VERB_HELLO, "x", 1);
        CU_ASSERT_FATAL(hear(&p, &m));
        CU_ASSERT(zmq_send(p.dealer, broken[i].bytes, broken[i].size, 0) >= 0);
        CU_ASSERT_FATAL(hear_error(&p, &m));
        CU_ASSERT(m.text && *m.text);    /* with a reason, for it is admitted */
        say(&p, ITP_VERB_HELLO, "x", 1); /* not heard any more: the next answer is another peer's */
        leave(&p);
    }
    char *large = calloc(1, ITP_WIRE_MAX + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    knock(&h, &p, &h.lab, h.keys.public_key);
    CU_ASSERT_EQUAL(is_let_in(&p), 1);
    CU_ASSERT(zmq_send(p.dealer, large, ITP_WIRE_MAX + 1, 0) >= 0);
    CU_ASSERT_EQUAL(is_let_in(&p), 0); /* the connection is ended */
    leave(&p);
    free(large);
    assert_goes_on(&h, 5);
    CU_ASSERT_EQUAL(log_count(&h, "worker_lost", ""), 0);
    tear_down(&h);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    CU_TestInfo tests[] = {
        {"nobody comes in without an admitted key", nobody_comes_in_without_an_admitted_key},
        {"no verb of workers is heard from people", no_verb_of_workers_is_heard_from_people},
        {"what is not one's own is as if it were not", what_is_not_ones_own_is_as_if_it_were_not},
        {"who breaks the protocol is dropped and others never notice",
         who_breaks_the_protocol_is_dropped_and_others_never_notice},
        CU_TEST_INFO_NULL};
    return suite_run("agent/dispatch/door", tests);
}
