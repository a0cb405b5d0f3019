/* test_protocol.c - what a worker says to its agent, over a real socket, from a real process.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <zmq.h>

#include "double.h"
#include "suite.h"

static const char BRANIN[] = "{\"name\":\"branin\"}";
static const double BRANIN_AT_1_1 = 27.702905548512433;
static const char HANG[] = "{\"name\":\"branin\",\"hang\":1}";
static const char *const TWO_SLOTS[] = {"--slots", "2", NULL};

/* A worker that has registered; `agent` is opened. */
static pid_t begin(agent_double *agent, const char *const *arguments)
{
    double_open(agent);
    pid_t worker = double_spawn(agent, "function", arguments);
    CU_ASSERT_FATAL(double_greet(agent, NULL, NULL));
    return worker;
}

static void end(agent_double *agent, pid_t worker)
{
    itp_message bye;
    kill(worker, SIGTERM);
    CU_ASSERT(double_expect(agent, ITP_VERB_BYE, &bye));
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(agent);
}

static void registers_with_what_it_can_do(void)
{
    agent_double agent;
    itp_message message, welcome;
    double_open(&agent);
    pid_t worker = double_spawn(&agent, "function", TWO_SLOTS);
    CU_ASSERT_FATAL(double_hear(&agent, &message));
    CU_ASSERT_EQUAL(message.verb, ITP_VERB_HELLO);
    CU_ASSERT_STRING_EQUAL(message.worker, "w1");
    CU_ASSERT_STRING_EQUAL(message.text, ITP_VERSION);
    itp_message_init(&welcome, ITP_VERB_WELCOME);
    welcome.campaign = agent.campaign;
    double_say(&agent, &welcome);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_REGISTER, &message));
    CU_ASSERT_STRING_EQUAL(message.worker, "w1");
    CU_ASSERT_STRING_EQUAL(message.roster->connector, "function");
    CU_ASSERT_EQUAL(message.roster->n_tasks, 1);
    CU_ASSERT_STRING_EQUAL(message.roster->tasks[0], "*");
    CU_ASSERT_EQUAL(message.roster->slots, 2);
    CU_ASSERT_EQUAL(message.roster->n_holding, 0);
    CU_ASSERT_EQUAL(message.roster->cls, ITP_REPEATABLE);
    CU_ASSERT_PTR_NULL(message.roster->ledger);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.roster->schema, "\"open\":true"));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_CREDIT, &message));
    CU_ASSERT_EQUAL(message.number, 2);
    end(&agent, worker);
}

static void runs_an_offer_and_says_where_the_result_comes_from(void)
{
    agent_double agent;
    itp_message result;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 7, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &result));
    CU_ASSERT_STRING_EQUAL(result.campaign, agent.campaign);
    CU_ASSERT(result.request == 7 && result.epoch == 1 && result.index == -1);
    CU_ASSERT_EQUAL_FATAL(result.n_values, 1);
    CU_ASSERT_STRING_EQUAL(result.values[0].name, "value");
    CU_ASSERT_STRING_EQUAL(result.values[0].unit, "1");
    CU_ASSERT_DOUBLE_EQUAL(result.values[0].number, BRANIN_AT_1_1, 1e-12);
    CU_ASSERT(isnan(result.values[0].sd));
    CU_ASSERT(result.cost >= 0 && result.cost < 60);
    static const char *const says[] = {"\"connector\":\"function\"", "\"worker\":\"w1\"",
                                       "\"inputs_sha256\":\"", "\"started\":\"", "\"host\":\""};
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(result.provenance, says[i]));
    double_ack(&agent, &result);
    end(&agent, worker);
}

static void an_offer_said_twice_runs_once(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, TWO_SLOTS);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, INFINITY);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_HEARTBEAT, &message));
    CU_ASSERT_EQUAL_FATAL(message.n_progress, 1);
    CU_ASSERT_EQUAL(message.progress[0].attempt.request, 1);
    /* A second slot is free, so a second run would take it and this one would have to wait. */
    double_offer(&agent, 2, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT_EQUAL(message.request, 2);
    double_ack(&agent, &message);
    end(&agent, worker);
}

static void an_offer_already_answered_is_answered_again(void)
{
    agent_double agent;
    itp_message result;
    char *first;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 3, 2, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &result));
    first = strdup(result.provenance);
    double_offer(&agent, 3, 2, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &result));
    CU_ASSERT_STRING_EQUAL(result.provenance, first); /* the same run, not a second one */
    free(first);
    double_ack(&agent, &result);
    end(&agent, worker);
}

static void owed_results_come_again_to_a_restarted_agent(void)
{
    agent_double agent;
    itp_message result;
    size_t held = 0;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 5, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &result));
    double_restart(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 1);
    CU_ASSERT(double_expect(&agent, ITP_VERB_RESULT, &result));
    CU_ASSERT_EQUAL(result.request, 5);
    double_ack(&agent, &result);
    /* Acknowledged: the next life of the agent hears nothing of it. */
    double_offer(&agent, 6, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT(double_expect(&agent, ITP_VERB_RESULT, &result));
    double_ack(&agent, &result);
    double_tell(&agent, ITP_VERB_QUERY, 5, 1);
    CU_ASSERT(double_expect(&agent, ITP_VERB_ANSWER, &result));
    CU_ASSERT_EQUAL(result.number, ITP_ANSWER_NEVER_STARTED);
    double_restart(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 0);
    end(&agent, worker);
}

static void results_of_one_campaign_are_not_shown_to_another(void)
{
    agent_double agent;
    itp_message message;
    size_t held = 9;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    agent.campaign = "branin/another";
    double_restart(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 0);
    /* The same request number means another request here: it is run, not answered from the outbox.
     */
    double_offer(&agent, 1, 1, ITP_REPEATABLE, "{\"name\":\"sphere\"}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT_STRING_EQUAL(message.campaign, "branin/another");
    CU_ASSERT_DOUBLE_EQUAL(message.values[0].number, 2, 0);
    double_ack(&agent, &message);
    agent.campaign = "branin/0f";
    double_restart(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 1);
    end(&agent, worker);
}

static void an_agent_that_does_not_know_us_is_greeted_again(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    itp_message_init(&message, ITP_VERB_REREGISTER);
    double_say(&agent, &message); /* of frames before the greeting: not heard */
    CU_ASSERT(double_expect(&agent, ITP_VERB_HEARTBEAT, &message));
    itp_message_init(&message, ITP_VERB_REREGISTER);
    double_say(&agent, &message);
    CU_ASSERT(double_greet(&agent, NULL, NULL));
    end(&agent, worker);
}

static void cancel_ends_running_and_queued_attempts(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, INFINITY);
    double_offer(&agent, 2, 1, ITP_REPEATABLE, BRANIN, INFINITY); /* waits for the only slot */
    double_tell(&agent, ITP_VERB_CANCEL, 2, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT(message.request == 2 && message.cause == ITP_CAUSE_CANCELLED);
    double_ack(&agent, &message);
    double_tell(&agent, ITP_VERB_CANCEL, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT(message.request == 1 && message.cause == ITP_CAUSE_CANCELLED);
    double_ack(&agent, &message);
    double_tell(&agent, ITP_VERB_CANCEL, 9, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT(message.request == 9 && message.cause == ITP_CAUSE_CANCELLED);
    double_ack(&agent, &message);
    end(&agent, worker);
}

static void a_deadline_ends_an_attempt_with_timeout(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, 0.05);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_TIMEOUT);
    double_ack(&agent, &message);
    end(&agent, worker);
}

static void failures_carry_their_cause_and_words(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, "{\"name\":\"branin\",\"fail\":1}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_SCIENTIFIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "failed on demand"));
    CU_ASSERT_PTR_NOT_NULL(message.provenance);
    double_ack(&agent, &message);
    double_offer(&agent, 2, 1, ITP_REPEATABLE, "{\"name\":\"hartmann6\"}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "hartmann-6 takes 6 inputs"));
    double_ack(&agent, &message);
    end(&agent, worker);
}

static void more_offers_than_credit_are_declined(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    for (itp_id request = 1; request <= 3; request++)
        double_offer(&agent, request, 1, ITP_REPEATABLE, HANG, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_DECLINE, &message));
    CU_ASSERT_EQUAL(message.request, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "no free slot"));
    end(&agent, worker);
}

static void pause_starts_nothing_new(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    itp_message_init(&message, ITP_VERB_PAUSE);
    double_say(&agent, &message);
    double_offer(&agent, 1, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    double_tell(&agent, ITP_VERB_QUERY, 1, 1);
    do {
        CU_ASSERT_FATAL(double_hear(&agent, &message));
        CU_ASSERT_NOT_EQUAL(message.verb, ITP_VERB_RESULT);
    } while (message.verb != ITP_VERB_ANSWER);
    CU_ASSERT_EQUAL(message.number, ITP_ANSWER_RUNNING); /* held, so not to be given to another */
    itp_message_init(&message, ITP_VERB_RESUME);
    double_say(&agent, &message);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    double_ack(&agent, &message);
    end(&agent, worker);
}

static void heartbeats_name_what_is_held(void)
{
    agent_double agent;
    itp_message message;
    double_open(&agent);
    agent.interval_ms = 20;
    pid_t worker = double_spawn(&agent, "function", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_HEARTBEAT, &message)); /* idle: still alive */
    CU_ASSERT_EQUAL(message.n_progress, 0);
    double_offer(&agent, 4, 2, ITP_REPEATABLE, HANG, INFINITY);
    do {
        CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_HEARTBEAT, &message));
    } while (message.n_progress == 0);
    CU_ASSERT(message.progress[0].attempt.request == 4 && message.progress[0].attempt.epoch == 2);
    CU_ASSERT(isnan(message.progress[0].fraction));
    end(&agent, worker);
}

static void bad_frames_are_answered_and_survived(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent, NULL);
    static const char bad[] = "\x82\x00\x01\x01\x7f";
    zmq_send(agent.router, agent.peer, agent.peer_size, ZMQ_SNDMORE);
    zmq_send(agent.router, bad, sizeof bad - 1, 0);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ERROR, &message));
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "verb"));
    zmq_send(agent.router, agent.peer, agent.peer_size, ZMQ_SNDMORE);
    zmq_send(agent.router, "", 0, ZMQ_SNDMORE);
    zmq_send(agent.router, bad, sizeof bad - 1, 0);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ERROR, &message));
    double_offer(&agent, 1, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT(double_expect(&agent, ITP_VERB_RESULT, &message));
    double_ack(&agent, &message);
    end(&agent, worker);
}

/* A connector of the host's tests, whose options make it emit three values before the final one. */
static void series_are_sent_and_acknowledged_by_index(void)
{
    static const itp_value in[] = {{"t", 300, NAN, "K", NULL}, {"salt", NAN, NAN, NULL, "LiFSI"}};
    static const itp_port out[] = {{.name = "u", .unit = "mV", .low = NAN, .high = NAN}};
    agent_double agent;
    itp_message offer, message;
    size_t held = 9;
    double_open(&agent);
    pid_t worker = double_spawn(&agent, ITP_BUILD_DIR "/tests/plugins/none.so", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    itp_message_init(&offer, ITP_VERB_OFFER);
    offer.campaign = agent.campaign;
    offer.request = offer.epoch = 1;
    offer.task = "test.probe";
    offer.options = "series";
    offer.values = in;
    offer.n_values = 2;
    offer.wanted = out;
    offer.n_wanted = 1;
    double_say(&agent, &offer);
    for (int64_t i = 0; i < 4; i++) {
        CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
        CU_ASSERT_EQUAL(message.index, i < 3 ? i : -1);
        CU_ASSERT_EQUAL(message.values[0].number, i < 3 ? 1000.0 * (double)i : 9000);
        CU_ASSERT_PTR_NOT_NULL(message.provenance);
        if (i == 1) double_ack(&agent, &message);
    }
    /* The answer says that the acknowledgement before it was heard. */
    double_tell(&agent, ITP_VERB_QUERY, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    double_restart(&agent); /* what was not acknowledged comes again, in its order */
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 1);
    static const int64_t again[] = {0, 2, -1};
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
        CU_ASSERT_EQUAL(message.index, again[i]);
        double_ack(&agent, &message);
    }
    end(&agent, worker);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"registers with what it can do", registers_with_what_it_can_do},
        {"runs an offer, says where from", runs_an_offer_and_says_where_the_result_comes_from},
        {"an offer said twice runs once", an_offer_said_twice_runs_once},
        {"an offer answered is answered again", an_offer_already_answered_is_answered_again},
        {"owed results come again", owed_results_come_again_to_a_restarted_agent},
        {"campaigns are kept apart", results_of_one_campaign_are_not_shown_to_another},
        {"an unknowing agent is greeted again", an_agent_that_does_not_know_us_is_greeted_again},
        {"cancel ends running and queued", cancel_ends_running_and_queued_attempts},
        {"a deadline ends with timeout", a_deadline_ends_an_attempt_with_timeout},
        {"failures carry cause and words", failures_carry_their_cause_and_words},
        {"more offers than credit are declined", more_offers_than_credit_are_declined},
        {"pause starts nothing new", pause_starts_nothing_new},
        {"heartbeats name what is held", heartbeats_name_what_is_held},
        {"bad frames are answered and survived", bad_frames_are_answered_and_survived},
        {"series go by index", series_are_sent_and_acknowledged_by_index},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/worker/protocol", tests);
}
