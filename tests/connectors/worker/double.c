/* double.c - see double.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "double.h"

#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "suite.h"

enum { DEADLINE_MS = 20000, ARGUMENTS_MAX = 32 };

extern char **environ;

static void bind_all(agent_double *agent)
{
    int none = 0, deadline = DEADLINE_MS;
    agent->zmq = zmq_ctx_new();
    agent->router = zmq_socket(agent->zmq, ZMQ_ROUTER);
    agent->publisher = zmq_socket(agent->zmq, ZMQ_XPUB);
    zmq_setsockopt(agent->router, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(agent->publisher, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(agent->publisher, ZMQ_RCVTIMEO, &deadline, sizeof deadline);
    CU_ASSERT_EQUAL_FATAL(zmq_bind(agent->router, agent->endpoint), 0);
    CU_ASSERT_EQUAL_FATAL(zmq_bind(agent->publisher, agent->stop_endpoint), 0);
}

static void unbind_all(agent_double *agent)
{
    zmq_close(agent->router);
    zmq_close(agent->publisher);
    zmq_ctx_term(agent->zmq);
}

void double_open(agent_double *agent)
{
    *agent = (agent_double){.campaign = "branin/0f", .interval_ms = 1000};
    strcpy(agent->folder, "/tmp/itp_double_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(agent->folder));
    snprintf(agent->endpoint, sizeof agent->endpoint, "ipc://%s/agent", agent->folder);
    snprintf(agent->stop_endpoint, sizeof agent->stop_endpoint, "ipc://%s/stop", agent->folder);
    snprintf(agent->state, sizeof agent->state, "%s/state", agent->folder);
    bind_all(agent);
}

void double_close(agent_double *agent)
{
    unbind_all(agent);
    itp_wire_arena_deinit(&agent->arena);
    itp_buffer_deinit(&agent->out);
    char *const remove[] = {"rm", "-rf", agent->folder, NULL};
    pid_t pid;
    if (posix_spawnp(&pid, "rm", NULL, NULL, remove, environ) == 0) waitpid(pid, NULL, 0);
}

void double_restart(agent_double *agent)
{
    unbind_all(agent);
    bind_all(agent);
}

pid_t double_spawn(agent_double *agent, const char *connector, const char *const *arguments)
{
    const char *argv[ARGUMENTS_MAX] = {"interphase-worker", "--connect", agent->endpoint,
                                       "--connector",       connector,   "--state",
                                       agent->state,        "--name",    "w1"};
    size_t n = 9;
    for (size_t i = 0; arguments && arguments[i]; i++) argv[n++] = arguments[i];
    pid_t pid = 0;
    CU_ASSERT_EQUAL_FATAL(posix_spawn(&pid, ITP_BUILD_DIR "/bin/interphase-worker", NULL, NULL,
                                      (char *const *)argv, environ),
                          0);
    return pid;
}

int double_wait(pid_t worker)
{
    int status, ended = (int)syscall(SYS_pidfd_open, worker, 0), late = 0;
    zmq_pollitem_t item = {NULL, ended, ZMQ_POLLIN, 0};
    if (ended < 0 || zmq_poll(&item, 1, DEADLINE_MS) != 1) {
        late = 1;
        kill(worker, SIGKILL);
    }
    if (ended >= 0) close(ended);
    waitpid(worker, &status, 0);
    if (late) return -1000;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int double_hear(agent_double *agent, itp_message *out)
{
    zmq_pollitem_t item = {agent->router, 0, ZMQ_POLLIN, 0};
    if (zmq_poll(&item, 1, DEADLINE_MS) != 1) return 0;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    int size = zmq_recv(agent->router, agent->peer, sizeof agent->peer, 0);
    agent->peer_size = size > 0 ? (size_t)size : 0;
    zmq_msg_recv(&frame, agent->router, 0);
    itp_error err = {.status = ITP_OK};
    itp_wire_arena_reset(&agent->arena);
    itp_status st =
        itp_wire_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), &agent->arena, out, &err);
    zmq_msg_close(&frame);
    if (st != ITP_OK) printf("\n  worker sent: %s\n", err.text);
    return st == ITP_OK;
}

int double_expect(agent_double *agent, itp_verb verb, itp_message *out)
{
    while (double_hear(agent, out))
        if (out->verb == verb) return 1;
    printf("\n  no %s came\n", itp_verb_name(verb));
    *out = (itp_message){0};
    return 0;
}

void double_say(agent_double *agent, const itp_message *message)
{
    CU_ASSERT_EQUAL_FATAL(itp_wire_encode(message, &agent->out), ITP_OK);
    zmq_send(agent->router, agent->peer, agent->peer_size, ZMQ_SNDMORE);
    zmq_send(agent->router, agent->out.data, agent->out.size, 0);
}

void double_tell(agent_double *agent, itp_verb verb, itp_id request, uint32_t epoch)
{
    itp_message message;
    itp_message_init(&message, verb);
    message.campaign = agent->campaign;
    message.request = request;
    message.epoch = epoch;
    double_say(agent, &message);
}

void double_safe_stop(agent_double *agent)
{
    itp_message stop;
    char subscription[16];
    itp_message_init(&stop, ITP_VERB_SAFE_STOP);
    CU_ASSERT_EQUAL_FATAL(itp_wire_encode(&stop, &agent->out), ITP_OK);
    CU_ASSERT_FATAL(zmq_recv(agent->publisher, subscription, sizeof subscription, 0) >= 1);
    zmq_send(agent->publisher, agent->out.data, agent->out.size, 0);
}

void double_ack(agent_double *agent, const itp_message *result)
{
    itp_message ack;
    itp_message_init(&ack, ITP_VERB_RESULT_ACK);
    ack.campaign = agent->campaign;
    ack.request = result->request;
    ack.epoch = result->epoch;
    ack.index = result->index;
    double_say(agent, &ack);
}

int double_greet(agent_double *agent, size_t *held, int64_t *credit)
{
    itp_message message, welcome;
    if (!double_expect(agent, ITP_VERB_HELLO, &message)) return 0;
    itp_message_init(&welcome, ITP_VERB_WELCOME);
    welcome.campaign = agent->campaign;
    welcome.text = agent->stop_endpoint;
    welcome.interval_ms = (uint32_t)agent->interval_ms;
    double_say(agent, &welcome);
    if (!double_expect(agent, ITP_VERB_REGISTER, &message)) return 0;
    if (held) *held = message.roster->n_holding;
    if (!double_expect(agent, ITP_VERB_CREDIT, &message)) return 0;
    if (credit) *credit = message.number;
    return 1;
}

void double_offer(agent_double *agent, itp_id request, uint32_t epoch, itp_class cls,
                  const char *options, double limit_s)
{
    static const itp_value INPUTS[] = {{"x1", 1, NAN, "1", NULL}, {"x2", 1, NAN, "1", NULL}};
    static const itp_port WANTED[] = {{.name = "value", .unit = "1", .low = NAN, .high = NAN}};
    itp_message offer;
    itp_message_init(&offer, ITP_VERB_OFFER);
    offer.campaign = agent->campaign;
    offer.request = request;
    offer.epoch = epoch;
    offer.trial = request;
    offer.task = cls == ITP_PHYSICAL ? "station.weigh" : "f";
    offer.options = options;
    offer.cls = cls;
    offer.n_values = 2;
    offer.values = INPUTS;
    offer.n_wanted = 1;
    offer.wanted = WANTED;
    offer.time_limit_s = limit_s;
    offer.lease_s = 60;
    offer.seed = request * 1000 + epoch;
    double_say(agent, &offer);
}
