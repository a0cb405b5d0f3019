/* test_station.c - physical work: at most one start per request, whatever dies and whatever is said
 * twice. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "double.h"
#include "suite.h"

static const char STATION[] = ITP_BUILD_DIR "/tests/test_station.so";
static const char HOLD[] = "{\"hold\":1}";

static char moves[128]; /* where the station writes what it has moved */

static pid_t spawn(agent_double *agent)
{
    return double_spawn(agent, STATION, NULL);
}

static pid_t begin(agent_double *agent)
{
    double_open(agent);
    snprintf(moves, sizeof moves, "%s/moves", agent->folder);
    setenv("TEST_STATION_MOVES", moves, 1);
    pid_t worker = spawn(agent);
    CU_ASSERT_FATAL(double_greet(agent, NULL, NULL));
    return worker;
}

static void end(agent_double *agent, pid_t worker)
{
    kill(worker, SIGTERM);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(agent);
}

/* "7.1\n8.1\n" */
static const char *read_moves(void)
{
    static char text[1024];
    FILE *file = fopen(moves, "r");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[size] = '\0';
    return text;
}

/* OFFER, ACCEPT, START, STARTED. */
static int start(agent_double *agent, itp_id request, uint32_t epoch, const char *options)
{
    itp_message message;
    double_offer(agent, request, epoch, ITP_PHYSICAL, options, INFINITY);
    if (!double_expect(agent, ITP_VERB_ACCEPT, &message) || message.request != request) return 0;
    double_tell(agent, ITP_VERB_START, request, epoch);
    return double_expect(agent, ITP_VERB_STARTED, &message) && message.request == request;
}

static int64_t ask(agent_double *agent, itp_id request, uint32_t epoch)
{
    itp_message answer;
    double_tell(agent, ITP_VERB_QUERY, request, epoch);
    return double_expect(agent, ITP_VERB_ANSWER, &answer) ? answer.number : -1;
}

static int declined(agent_double *agent, itp_id request, const char *why)
{
    itp_message message;
    if (!double_expect(agent, ITP_VERB_DECLINE, &message)) return 0;
    if (message.request == request && strstr(message.text, why)) return 1;
    printf("\n  declined %llu: %s\n", (unsigned long long)message.request, message.text);
    return 0;
}

static void offer_accept_start_started_result(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    double_offer(&agent, 7, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ACCEPT, &message));
    CU_ASSERT_STRING_EQUAL(read_moves(), ""); /* nothing moves before START */
    double_tell(&agent, ITP_VERB_START, 7, 1);
    CU_ASSERT_FATAL(double_hear(&agent, &message));
    CU_ASSERT_EQUAL(message.verb, ITP_VERB_STARTED);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT_EQUAL(message.values[0].number, 42);
    CU_ASSERT_STRING_EQUAL(read_moves(), "7.1\n");
    double_ack(&agent, &message);
    end(&agent, worker);
}

static void roster_says_physical_and_names_the_ledger(void)
{
    agent_double agent;
    itp_message message, welcome;
    char ledger[64] = "";
    double_open(&agent);
    for (int life = 0; life < 2; life++) { /* the same ledger in both lives of the station */
        pid_t worker = spawn(&agent);
        CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_HELLO, &message));
        itp_message_init(&welcome, ITP_VERB_WELCOME);
        welcome.campaign = agent.campaign;
        double_say(&agent, &welcome);
        CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_REGISTER, &message));
        CU_ASSERT_EQUAL(message.roster->cls, ITP_PHYSICAL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(message.roster->ledger);
        if (life == 1) CU_ASSERT_STRING_EQUAL(message.roster->ledger, ledger);
        snprintf(ledger, sizeof ledger, "%s", message.roster->ledger);
        CU_ASSERT_EQUAL(strlen(ledger), 32);
        kill(worker, SIGTERM);
        CU_ASSERT_EQUAL(double_wait(worker), 0);
    }
    double_close(&agent);
}

static void a_station_that_is_not_ready_declines(void)
{
    agent_double agent;
    pid_t worker = begin(&agent);
    double_offer(&agent, 1, 1, ITP_PHYSICAL, "{\"sample\":\"missing\"}", INFINITY);
    CU_ASSERT(declined(&agent, 1, "is not loaded"));
    CU_ASSERT(start(&agent, 2, 1, "{}"));
    end(&agent, worker);
}

static void never_started_is_a_promise(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    double_offer(&agent, 1, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ACCEPT, &message));
    CU_ASSERT_EQUAL(ask(&agent, 1, 1), ITP_ANSWER_NEVER_STARTED);
    CU_ASSERT(declined(&agent, 1, "cancelled before it was started"));
    double_tell(&agent, ITP_VERB_START, 1, 1); /* comes late */
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    CU_ASSERT_EQUAL(message.number, ITP_ANSWER_NEVER_STARTED);
    double_offer(&agent, 1, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 1, "refused up to epoch 1"));
    /* Even a station that was killed and came back keeps its promise. */
    kill(worker, SIGKILL);
    CU_ASSERT_EQUAL(double_wait(worker), -SIGKILL);
    worker = spawn(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    double_offer(&agent, 1, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 1, "refused up to epoch 1"));
    CU_ASSERT_STRING_EQUAL(read_moves(), "");
    CU_ASSERT(start(&agent, 1, 2, "{}")); /* the next epoch may */
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT_STRING_EQUAL(read_moves(), "1.2\n");
    end(&agent, worker);
}

static void one_start_per_request_whatever_the_epoch(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    CU_ASSERT_FATAL(start(&agent, 3, 1, "{}"));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    double_ack(&agent, &message);
    double_offer(&agent, 3, 2, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 3, "started this request before"));
    CU_ASSERT_STRING_EQUAL(read_moves(), "3.1\n");
    end(&agent, worker);
}

static void a_result_can_be_asked_for_again_for_ever(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    CU_ASSERT_FATAL(start(&agent, 3, 1, "{}"));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    double_ack(&agent, &message);
    kill(worker, SIGTERM);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    worker = spawn(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    double_tell(&agent, ITP_VERB_QUERY, 3, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT_EQUAL(message.values[0].number, 42);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    CU_ASSERT_EQUAL(message.number, ITP_ANSWER_DONE);
    end(&agent, worker);
}

static void killed_in_the_middle_it_is_not_ready_until_resolved(void)
{
    agent_double agent;
    itp_message message;
    size_t held = 0;
    int64_t credit = -1;
    pid_t worker = begin(&agent);
    CU_ASSERT_FATAL(start(&agent, 5, 2, HOLD));
    CU_ASSERT_EQUAL(ask(&agent, 5, 2), ITP_ANSWER_RUNNING);
    kill(worker, SIGKILL);
    CU_ASSERT_EQUAL(double_wait(worker), -SIGKILL);
    worker = spawn(&agent);
    CU_ASSERT_FATAL(double_greet(&agent, &held, &credit));
    CU_ASSERT_EQUAL(held, 1);
    CU_ASSERT_EQUAL(credit, 0);
    CU_ASSERT_EQUAL(ask(&agent, 5, 2), ITP_ANSWER_STARTED_UNKNOWN);
    /* START of what an earlier life began is no reason to decline: another station would begin. */
    double_tell(&agent, ITP_VERB_START, 5, 2);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    CU_ASSERT_EQUAL(message.number, ITP_ANSWER_STARTED_UNKNOWN);
    double_offer(&agent, 6, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 6, "not ready: request 5 was started"));
    double_offer(&agent, 5, 3, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 5, "not ready"));
    /* A person has said what became of it; the agent acknowledges that. */
    itp_message_init(&message, ITP_VERB_RESULT_ACK);
    message.campaign = agent.campaign;
    message.request = 5;
    message.epoch = 2;
    double_say(&agent, &message);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_CREDIT, &message));
    CU_ASSERT_EQUAL(message.number, 1);
    CU_ASSERT(start(&agent, 6, 1, "{}"));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    double_offer(&agent, 5, 3, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 5, "started this request before"));
    /* The kill may have come between STARTED and the move: what counts is that none came after. */
    const char *moved = read_moves();
    CU_ASSERT(strcmp(moved, "5.2\n6.1\n") == 0 || strcmp(moved, "6.1\n") == 0);
    end(&agent, worker);
}

static void start_said_twice_starts_once(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    CU_ASSERT_FATAL(start(&agent, 1, 1, HOLD));
    double_tell(&agent, ITP_VERB_START, 1, 1);
    double_tell(&agent, ITP_VERB_CANCEL, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_CANCELLED);
    double_tell(&agent, ITP_VERB_START, 1, 1);
    CU_ASSERT(double_expect(&agent, ITP_VERB_FAILURE, &message)); /* owed, so said again */
    CU_ASSERT_STRING_EQUAL(read_moves(), "1.1\n");
    end(&agent, worker);
}

static void safe_stop_comes_beside_the_queue(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    CU_ASSERT_FATAL(start(&agent, 1, 1, HOLD));
    double_safe_stop(&agent);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    /* Not unsafe: that a person stopped it says nothing of the experiment. */
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_CANCELLED);
    CU_ASSERT_STRING_EQUAL(message.text, "stopped for safety");
    double_ack(&agent, &message);
    double_offer(&agent, 2, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 2, "stopped for safety"));
    itp_message_init(&message, ITP_VERB_RESUME);
    double_say(&agent, &message); /* the campaign goes on; the station does not */
    double_offer(&agent, 4, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT(declined(&agent, 4, "stopped for safety"));
    itp_message_init(&message, ITP_VERB_RESUME);
    message.worker = "station";
    double_say(&agent, &message);
    CU_ASSERT(start(&agent, 3, 1, "{}"));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT_STRING_EQUAL(read_moves(), "1.1\n3.1\n");
    end(&agent, worker);
}

/* SAFE_STOP between ACCEPT and START: what was promised is taken back. */
static void nothing_begins_after_a_safe_stop(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    double_offer(&agent, 1, 1, ITP_PHYSICAL, "{}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ACCEPT, &message));
    double_safe_stop(&agent);
    CU_ASSERT(declined(&agent, 1, "cancelled before it was started"));
    double_tell(&agent, ITP_VERB_START, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    CU_ASSERT_EQUAL(message.number, ITP_ANSWER_NEVER_STARTED);
    CU_ASSERT_STRING_EQUAL(read_moves(), "");
    end(&agent, worker);
}

static void work_that_moves_is_finished_before_the_end(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    CU_ASSERT_FATAL(start(&agent, 1, 1, HOLD));
    kill(worker, SIGTERM);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_CREDIT, &message));
    CU_ASSERT_EQUAL(message.number, 0);
    CU_ASSERT_EQUAL(ask(&agent, 1, 1), ITP_ANSWER_RUNNING); /* still at it */
    double_tell(&agent, ITP_VERB_CANCEL, 1, 1);
    CU_ASSERT(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(&agent);
}

static void a_connector_that_forgets_to_say_started_is_not_believed(void)
{
    agent_double agent;
    itp_message message;
    pid_t worker = begin(&agent);
    double_offer(&agent, 1, 1, ITP_PHYSICAL, "{\"shy\":1}", INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ACCEPT, &message));
    double_tell(&agent, ITP_VERB_START, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "host->started"));
    end(&agent, worker);
}

static void a_physical_task_offered_as_repeatable_is_refused(void)
{
    agent_double agent;
    itp_message offer, message;
    pid_t worker = begin(&agent);
    itp_message_init(&offer, ITP_VERB_OFFER);
    offer.campaign = agent.campaign;
    offer.request = offer.epoch = 1;
    offer.task = "station.weigh";
    double_say(&agent, &offer);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message));
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "class: physical"));
    CU_ASSERT_STRING_EQUAL(read_moves(), "");
    end(&agent, worker);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"OFFER ACCEPT START STARTED RESULT", offer_accept_start_started_result},
        {"roster names class and ledger", roster_says_physical_and_names_the_ledger},
        {"a station not ready declines", a_station_that_is_not_ready_declines},
        {"never started is a promise", never_started_is_a_promise},
        {"one start per request", one_start_per_request_whatever_the_epoch},
        {"a result can be asked for again", a_result_can_be_asked_for_again_for_ever},
        {"killed: not ready until resolved", killed_in_the_middle_it_is_not_ready_until_resolved},
        {"START said twice starts once", start_said_twice_starts_once},
        {"safe stop comes beside the queue", safe_stop_comes_beside_the_queue},
        {"nothing begins after a safe stop", nothing_begins_after_a_safe_stop},
        {"work that moves is finished", work_that_moves_is_finished_before_the_end},
        {"started must be said", a_connector_that_forgets_to_say_started_is_not_believed},
        {"physical is not repeatable", a_physical_task_offered_as_repeatable_is_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/worker/station", tests);
}
