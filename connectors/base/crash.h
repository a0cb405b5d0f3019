/* crash.h - named points at which a process can be made to die, so that tests see each of them.
 *   ITP_CRASH=ledger.before-start:2 kills the process (SIGKILL, as any crash) the second time it
 * comes by that point. They stand before and after each commit, send, acknowledgement and ledger
 * write of agent, worker and station; tests/agent/app/e2e_crash.py goes through this very list, and
 * fails for one that is never met.
 *   Compiled in always: what is tested is what is shipped, and a point costs one load and a branch
 * that is never taken. The variable is read once; who can set it could kill the process as well.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CRASH_H
#define ITP_CRASH_H

/* name, as ITP_CRASH has it */
#define ITP_CRASH_POINTS(X)                                                                        \
    X(JOURNAL_BEFORE_COMMIT, "journal.before-commit")                                              \
    X(JOURNAL_AFTER_COMMIT, "journal.after-commit")                                                \
    X(AGENT_BEFORE_OFFER, "agent.before-offer")                                                    \
    X(AGENT_AFTER_OFFER, "agent.after-offer")                                                      \
    X(AGENT_BEFORE_START, "agent.before-start")                                                    \
    X(AGENT_AFTER_START, "agent.after-start")                                                      \
    X(AGENT_BEFORE_ACK, "agent.before-ack")                                                        \
    X(AGENT_AFTER_ACK, "agent.after-ack")                                                          \
    X(AGENT_BEFORE_QUERY, "agent.before-query")                                                    \
    X(AGENT_AFTER_QUERY, "agent.after-query")                                                      \
    X(AGENT_BEFORE_CANCEL, "agent.before-cancel")                                                  \
    X(AGENT_AFTER_CANCEL, "agent.after-cancel")                                                    \
    X(AGENT_BEFORE_REPLY, "agent.before-reply")                                                    \
    X(AGENT_AFTER_REPLY, "agent.after-reply")                                                      \
    X(WORKER_BEFORE_RESULT, "worker.before-result")                                                \
    X(WORKER_AFTER_RESULT, "worker.after-result")                                                  \
    X(WORKER_BEFORE_ACK, "worker.before-ack")                                                      \
    X(WORKER_AFTER_ACK, "worker.after-ack")                                                        \
    X(OUTBOX_BEFORE_COMMIT, "outbox.before-commit")                                                \
    X(OUTBOX_AFTER_COMMIT, "outbox.after-commit")                                                  \
    X(STATION_BEFORE_ACCEPT, "station.before-accept")                                              \
    X(STATION_AFTER_ACCEPT, "station.after-accept")                                                \
    X(STATION_BEFORE_STARTED, "station.before-started")                                            \
    X(STATION_AFTER_STARTED, "station.after-started")                                              \
    X(STATION_BEFORE_ANSWER, "station.before-answer")                                              \
    X(STATION_AFTER_ANSWER, "station.after-answer")                                                \
    X(LEDGER_BEFORE_START, "ledger.before-start")                                                  \
    X(LEDGER_AFTER_START, "ledger.after-start")                                                    \
    X(LEDGER_BEFORE_DONE, "ledger.before-done")                                                    \
    X(LEDGER_AFTER_DONE, "ledger.after-done")                                                      \
    X(LEDGER_BEFORE_REFUSAL, "ledger.before-refusal")                                              \
    X(LEDGER_AFTER_REFUSAL, "ledger.after-refusal")                                                \
    X(LEDGER_BEFORE_CLOSE, "ledger.before-close")                                                  \
    X(LEDGER_AFTER_CLOSE, "ledger.after-close")

typedef enum itp_crash {
#define X(name, text) ITP_CRASH_##name,
    ITP_CRASH_POINTS(X)
#undef X
        ITP_CRASHES,
    ITP_CRASH_NONE = ITP_CRASHES
} itp_crash;

/* Comes by a point; returns unless the environment says that here it ends. ITP_CRASH_NONE: no
 * point. After a send, what was sent is given time to leave. */
void itp_crash_at(itp_crash point);

#endif
