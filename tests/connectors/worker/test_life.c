/* test_life.c - how workers end, and what they remember: signals, dead parents, killed lives, the
 * store and the outbox. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "double.h"
#include "outbox.h"
#include "store.h"
#include "suite.h"

static const char BRANIN[] = "{\"name\":\"branin\"}";
static const char HANG[] = "{\"name\":\"branin\",\"hang\":1}";

static void sigterm_gives_up_repeatable_work_and_says_bye(void)
{
    agent_double agent;
    itp_message message;
    double_open(&agent);
    pid_t worker = double_spawn(&agent, "function", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, INFINITY);
    double_tell(&agent, ITP_VERB_QUERY, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    kill(worker, SIGTERM);
    do {
        CU_ASSERT_FATAL(double_hear(&agent, &message));
        CU_ASSERT(message.verb != ITP_VERB_FAILURE && message.verb != ITP_VERB_RESULT);
    } while (message.verb != ITP_VERB_BYE);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(&agent);
}

static void drain_finishes_and_waits_for_the_ack(void)
{
    static const char *const DRAIN[] = {"--drain", NULL};
    agent_double agent;
    itp_message message;
    double_open(&agent);
    pid_t worker = double_spawn(&agent, "function", DRAIN);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, 0.3);
    double_tell(&agent, ITP_VERB_QUERY, 1, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    kill(worker, SIGINT);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_CREDIT, &message));
    CU_ASSERT_EQUAL(message.number, 0);
    double_offer(&agent, 2, 1, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_DECLINE, &message));
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "stopping"));
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_FAILURE, &message)); /* ran to its deadline */
    CU_ASSERT_EQUAL(message.cause, ITP_CAUSE_TIMEOUT);
    double_ack(&agent, &message);
    CU_ASSERT(double_expect(&agent, ITP_VERB_BYE, &message));
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(&agent);
}

static void a_result_outlives_its_worker(void)
{
    agent_double agent;
    itp_message message;
    size_t held = 0;
    double_open(&agent);
    pid_t worker = double_spawn(&agent, "function", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    double_offer(&agent, 8, 3, ITP_REPEATABLE, BRANIN, INFINITY);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    double value = message.values[0].number;
    kill(worker, SIGTERM);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    worker = double_spawn(&agent, "function", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 1);
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_RESULT, &message));
    CU_ASSERT(message.request == 8 && message.epoch == 3 && message.values[0].number == value);
    double_ack(&agent, &message);
    double_tell(&agent, ITP_VERB_QUERY, 8, 3); /* answered after the acknowledgement is heard */
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    kill(worker, SIGTERM);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    worker = double_spawn(&agent, "function", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, &held, NULL));
    CU_ASSERT_EQUAL(held, 0); /* the acknowledgement is remembered too */
    kill(worker, SIGTERM);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(&agent);
}

static void two_workers_do_not_share_a_state(void)
{
    agent_double agent;
    double_open(&agent);
    pid_t first = double_spawn(&agent, "function", NULL);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    CU_ASSERT_EQUAL(double_wait(double_spawn(&agent, "function", NULL)), 3);
    kill(first, SIGTERM);
    CU_ASSERT_EQUAL(double_wait(first), 0);
    double_close(&agent);
}

/* A parent that starts a worker and is then killed. */
static void a_worker_does_not_outlive_its_parent(void)
{
    static const char *const WITH_PARENT[] = {"--die-with-parent", NULL};
    agent_double agent;
    int told[2], status;
    pid_t worker = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
    double_open(&agent);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that the orphan becomes ours to wait for */
    pid_t parent = fork();
    if (parent == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* should an assertion end the test first */
        worker = double_spawn(&agent, "function", WITH_PARENT);
        if (write(told[1], &worker, sizeof worker) < 0) _exit(1);
        for (;;) pause();
    }
    CU_ASSERT_EQUAL_FATAL(read(told[0], &worker, sizeof worker), sizeof worker);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    double_offer(&agent, 1, 1, ITP_REPEATABLE, HANG, INFINITY);
    kill(worker, SIGINT); /* Ctrl-C is the parent's business */
    double_tell(&agent, ITP_VERB_QUERY, 1, 1);
    itp_message message;
    CU_ASSERT_FATAL(double_expect(&agent, ITP_VERB_ANSWER, &message));
    kill(parent, SIGKILL);
    waitpid(parent, &status, 0);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    close(told[0]);
    close(told[1]);
    double_close(&agent);
}

static void bye_of_the_parent_ends_a_local_worker(void)
{
    static const char *const WITH_PARENT[] = {"--die-with-parent", NULL};
    agent_double agent;
    itp_message bye;
    double_open(&agent);
    pid_t worker = double_spawn(&agent, "function", WITH_PARENT);
    CU_ASSERT_FATAL(double_greet(&agent, NULL, NULL));
    itp_message_init(&bye, ITP_VERB_BYE);
    double_say(&agent, &bye);
    CU_ASSERT_EQUAL(double_wait(worker), 0);
    double_close(&agent);
}

static void wrong_command_lines_end_with_2_or_3(void)
{
    static const struct {
        const char *arguments[4];
        int code;
    } cases[] = {{{"--slots", "0"}, 2},
                 {{"--no-such-option"}, 2},
                 {{"--log", "loud"}, 2},
                 {{"--check", "f"}, 2},
                 {{"--check", "f", "{}"}, 2},
                 {{"--check", "f", "{\"name\":\"branin\"}"}, 0},
                 {{"--connect", "tcp://127.0.0.1:5555"}, 3},
                 {{"--connector", "no-such-connector"}, 3},
                 {{"--config", "[1]"}, 3},
                 {{"--base", "/no/such/folder"}, 3}};
    agent_double agent;
    double_open(&agent);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(double_wait(double_spawn(&agent, "function", cases[i].arguments)),
                        cases[i].code);
    double_close(&agent);
}

/* The store itself, in a folder of its own. */
typedef struct {
    char folder[64];
    size_t n;
    store_put last;
    char frame[64];
} walker;

static itp_status count(void *ctx, const store_put *put)
{
    walker *w = ctx;
    w->n++;
    w->last = *put;
    snprintf(w->frame, sizeof w->frame, "%.*s", (int)put->size, (const char *)put->frame);
    return ITP_OK;
}

static void remove_store(const walker *w)
{
    pid_t pid;
    char *const arguments[] = {"rm", "-rf", (char *)w->folder, NULL};
    if (posix_spawnp(&pid, "rm", NULL, NULL, arguments, NULL) == 0) waitpid(pid, NULL, 0);
}

static void what_is_written_survives_without_a_close(void)
{
    walker w = {.folder = "/tmp/itp_store_XXXXXX"};
    itp_store *store;
    itp_error err = {.status = ITP_OK};
    int status;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w.folder));
    pid_t child = fork();
    if (child == 0) {
        store_put put = {{"c", 1, 2, -1}, "frame", 5, 1};
        if (itp_store_open(&store, w.folder, NULL) != ITP_OK) _exit(1);
        if (itp_store_start(store, "c", 1, 2, NULL) != ITP_OK) _exit(2);
        if (itp_store_start(store, "c", 9, 1, NULL) != ITP_OK) _exit(3);
        if (itp_store_write(store, 1, &put, 0, NULL, NULL) != ITP_OK) _exit(4);
        kill(getpid(), SIGKILL);
    }
    waitpid(child, &status, 0);
    CU_ASSERT_FATAL(WIFSIGNALED(status));
    CU_ASSERT_EQUAL_FATAL(itp_store_open(&store, w.folder, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_each(store, count, &w, &err), ITP_OK);
    CU_ASSERT_EQUAL(w.n, 1);
    CU_ASSERT_STRING_EQUAL(w.frame, "frame");
    CU_ASSERT(w.last.key.request == 1 && w.last.key.epoch == 2 && w.last.key.index == -1);
    ledger_state state;
    uint32_t epoch;
    CU_ASSERT_EQUAL(itp_store_look(store, "c", 1, &state, &epoch, &err), ITP_OK);
    CU_ASSERT(state == LEDGER_DONE && epoch == 2);
    CU_ASSERT_EQUAL(itp_store_look(store, "c", 9, &state, &epoch, &err), ITP_OK);
    CU_ASSERT(state == LEDGER_STARTED && epoch == 1);
    CU_ASSERT_EQUAL(itp_store_look(store, "other", 1, &state, &epoch, &err), ITP_OK);
    CU_ASSERT_EQUAL(state, LEDGER_UNKNOWN);
    itp_store_close(store);
    remove_store(&w);
}

static void the_ledger_knows_its_order(void)
{
    walker w = {.folder = "/tmp/itp_store_XXXXXX"};
    itp_store *store;
    itp_error err = {.status = ITP_OK};
    const itp_id big = UINT64_MAX; /* SQLite's integers are signed; ours are not */
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w.folder));
    CU_ASSERT_EQUAL_FATAL(itp_store_open(&store, w.folder, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_refuse(store, "c", big, 2, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_start(store, "c", big, 2, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(itp_store_refuse(store, "c", big, 1, &err), ITP_OK); /* does not lower it */
    CU_ASSERT_EQUAL(itp_store_start(store, "c", big, 2, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(itp_store_start(store, "c", big, 3, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_start(store, "c", big, 4, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(itp_store_refuse(store, "c", big, 9, &err), ITP_ESTATE);
    CU_ASSERT_EQUAL(itp_store_shut(store, "c", big, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_start(store, "c", big, 5, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(itp_store_start(store, "d", big, 1, &err), ITP_OK); /* another campaign's */
    itp_store_close(store);
    remove_store(&w);
}

static void physical_frames_stay_and_others_go(void)
{
    walker w = {.folder = "/tmp/itp_store_XXXXXX"};
    itp_store *store;
    itp_error err = {.status = ITP_OK};
    store_put puts[] = {{{"c", 1, 1, -1}, "one", 3, 0},
                        {{"c", 2, 1, -1}, "two", 3, 1},
                        {{"c", 3, 1, 4}, "ind", 3, 0}};
    store_key drops[] = {{"c", 1, 1, -1}, {"c", 2, 1, -1}};
    void *frame = NULL;
    size_t size = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w.folder));
    CU_ASSERT_EQUAL_FATAL(itp_store_open(&store, w.folder, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_write(store, 3, puts, 0, NULL, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_write(store, 1, puts, 2, drops, &err), ITP_OK); /* a put said twice */
    CU_ASSERT_EQUAL(itp_store_each(store, count, &w, &err), ITP_OK);
    CU_ASSERT_EQUAL(w.n, 1);
    CU_ASSERT_STRING_EQUAL(w.frame, "ind");
    CU_ASSERT_EQUAL(itp_store_final(store, "c", 1, &frame, &size, &err), ITP_ENOTFOUND);
    CU_ASSERT_EQUAL_FATAL(itp_store_final(store, "c", 2, &frame, &size, &err), ITP_OK);
    CU_ASSERT(size == 3 && memcmp(frame, "two", 3) == 0);
    free(frame);
    itp_store_close(store);
    remove_store(&w);
}

static void closing_the_outbox_writes_what_lingers(void)
{
    walker w = {.folder = "/tmp/itp_store_XXXXXX"};
    itp_store *store;
    itp_outbox *outbox;
    itp_error err = {.status = ITP_OK};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w.folder));
    CU_ASSERT_EQUAL_FATAL(itp_store_open(&store, w.folder, &err), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_outbox_open(&outbox, store, NULL, &err), ITP_OK);
    for (itp_id request = 1; request <= 5000; request++) {
        store_key key = {"c", request, 1, -1};
        CU_ASSERT_EQUAL(itp_outbox_add(outbox, &key, strdup("x"), 1, 0, 0), ITP_OK);
    }
    for (itp_id request = 1; request <= 4990; request++)
        CU_ASSERT_EQUAL(itp_outbox_acknowledge(outbox, &(store_key){"c", request, 1, -1}), 1);
    CU_ASSERT_EQUAL(itp_outbox_acknowledge(outbox, &(store_key){"c", 1, 1, -1}), 0);
    CU_ASSERT_EQUAL(itp_outbox_size(outbox), 10);
    itp_outbox_close(outbox);
    CU_ASSERT_EQUAL(itp_store_each(store, count, &w, &err), ITP_OK);
    CU_ASSERT_EQUAL(w.n, 10);
    itp_store_close(store);
    remove_store(&w);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"SIGTERM gives up work, says BYE", sigterm_gives_up_repeatable_work_and_says_bye},
        {"drain finishes and waits for the ack", drain_finishes_and_waits_for_the_ack},
        {"a result outlives its worker", a_result_outlives_its_worker},
        {"two workers do not share a state", two_workers_do_not_share_a_state},
        {"a worker does not outlive its parent", a_worker_does_not_outlive_its_parent},
        {"BYE ends a local worker", bye_of_the_parent_ends_a_local_worker},
        {"wrong command lines", wrong_command_lines_end_with_2_or_3},
        {"what is written survives a kill", what_is_written_survives_without_a_close},
        {"the ledger knows its order", the_ledger_knows_its_order},
        {"physical frames stay, others go", physical_frames_stay_and_others_go},
        {"closing writes what lingers", closing_the_outbox_writes_what_lingers},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/worker/life", tests);
}
