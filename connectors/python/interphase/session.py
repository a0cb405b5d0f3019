"""session - what a worker and its agent say to each other: the verbs, on top of link and crew.

AWAY -> (connected) HELLO -> GREETING -> WELCOME -> REGISTER, CREDIT -> REGISTERED. Jobs and outbox outlive a
session; each REGISTER says what is held, and offers owed results again. The C worker's session.c and jobs.c
say the same in the same order.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import enum
import logging
import math
import time
from dataclasses import dataclass

from . import VERSION, wire
from .crew import NEVER, Crew, Job, Notice, State, death
from .custody import Custody
from .link import Link
from .outbox import Outbox
from .store import Key, Ledger, LedgerError, Put, Store, StoreError
from .wire import PHYSICAL, Answer, Cause, Message, Progress, Roster, Verb

log = logging.getLogger("interphase")
LOOK_S = 0.5  # between looks for the sample that is loaded
HELLO_S = 1.0  # between greetings that get no answer
STUCK_AFTER_S = 30.0  # past its deadline: the lease is no longer renewed
WORDS_MAX = 255  # characters of an answer's text
PROGRESS_MAX = 127


class Phase(enum.IntEnum):
    AWAY = 0
    GREETING = 1
    REGISTERED = 2


class Stop(enum.IntEnum):
    NONE = 0
    DRAIN = 1
    NOW = 2


@dataclass(frozen=True)
class Identity:
    """What REGISTER says."""

    name: str
    connector: str
    tasks: dict[str, bool]  # name: whether it is physical
    schema: str
    slots: int
    dies_with_parent: bool = False


class Session:
    def __init__(
        self, identity: Identity, store: Store, outbox: Outbox, crew: Crew, link: Link, custody: Custody | None = None
    ) -> None:
        self.custody = custody or Custody()
        self._look_at = 0.0
        self.identity, self.store, self.outbox, self.crew, self.link = identity, store, outbox, crew, link
        self.physical = any(identity.tasks.values())
        self.ledger = store.generation() if self.physical else None
        # Started by an earlier life and never finished: until a person has said what became of
        # them this station takes no new work.
        self.starts: list[Key] = store.open_starts()
        self.jobs: list[Job] = []
        self.phase = Phase.AWAY
        self.stop = Stop.NONE
        self.paused = False
        self.halted = False  # SAFE_STOP came; nothing physical until a RESUME for us
        self.campaign = ""
        self.interval_s = wire.HEARTBEAT_MS / 1000
        self.hello_at = self.beat_at = 0.0
        self._credit_said: int | None = None

    # Greeting.

    def greet(self) -> None:
        self.phase = Phase.GREETING
        self.hello_at = time.monotonic() + HELLO_S
        self.link.send(Message(Verb.HELLO, worker=self.identity.name, text=VERSION))

    def lost(self) -> None:
        if self.phase == Phase.REGISTERED:
            log.warning("agent_lost campaign=%s jobs=%d owed=%d", self.campaign, len(self.jobs), len(self.outbox))
        self.phase = Phase.AWAY
        self._credit_said = None

    def _free_slots(self) -> int:
        """A station that does not know what it did, or was stopped for safety, takes nothing new."""
        not_ready = bool(self.starts) or (self.halted and self.physical)
        return 0 if self.stop != Stop.NONE or not_ready else self.identity.slots

    def credit(self) -> None:
        slots = self._free_slots()
        if self.phase != Phase.REGISTERED or slots == self._credit_said:
            return
        if self.link.send(Message(Verb.CREDIT, number=slots)):
            self._credit_said = slots

    def flush(self) -> None:
        """Sends what is owed and was not sent since the last registration."""
        while self.phase == Phase.REGISTERED and (entry := self.outbox.unsent(self.campaign)):
            if not self.link.send_frame(entry.put.frame):
                return
            entry.sent = True

    def _held(self) -> tuple[tuple[int, int], ...]:
        """Everything of this campaign that we run, owe or have left open."""
        running = [(j.offer.request, j.offer.epoch) for j in self.jobs if j.offer.campaign == self.campaign]
        left = [(k.request, k.epoch) for k in self.starts if k.campaign == self.campaign]
        return tuple([*running, *self.outbox.attempts(self.campaign), *left][: wire.ITEMS])

    def _enlist(self) -> None:
        who = self.identity
        cls = PHYSICAL if self.physical else wire.REPEATABLE
        roster = Roster(tuple(who.tasks), who.connector, self._held(), self._free_slots(), cls, self.ledger, who.schema,
                        self.custody.sample, self.custody.bounds if self.physical else ())  # fmt: skip
        if self.link.send(Message(Verb.REGISTER, worker=who.name, campaign=self.campaign, roster=roster)):
            self.phase = Phase.REGISTERED
            self.beat_at = time.monotonic() + self.interval_s
            self.outbox.rewind()

    def _welcome(self, message: Message) -> None:
        self.campaign = message.campaign or ""
        self.interval_s = (message.interval_ms or wire.HEARTBEAT_MS) / 1000
        self.link.listen_stop(message.text)
        self._credit_said = None
        self._enlist()
        self.credit()
        self.flush()
        log.info("registered campaign=%s jobs=%d owed=%d", self.campaign, len(self.jobs), len(self.outbox))

    def hear(self, message: Message, frame: bytes) -> None:
        """One message of the agent."""
        verb = message.verb
        if verb == Verb.WELCOME:
            self._welcome(message)
        elif verb == Verb.REREGISTER:
            self.greet()
        elif verb == Verb.OFFER:
            self._offer(message, frame)
        elif verb == Verb.START:
            self._start(message)
        elif verb == Verb.CANCEL:
            self._cancel(message)
        elif verb == Verb.QUERY:
            self._query(message)
        elif verb == Verb.RESULT_ACK:
            self._acknowledge(message)
        elif verb == Verb.PAUSE:
            self.paused = True
        elif verb == Verb.RESUME:
            self.paused = False
            if message.worker:  # a person has said so; a campaign that goes on has not
                self.halted = False
                self.credit()
            self.assign()
        elif verb == Verb.SAFE_STOP:
            self.halt()
        elif verb == Verb.BYE:
            log.info("agent_said_bye text=%s", message.text or "")
            self.lost()
            if self.identity.dies_with_parent:
                self.end(Stop.NOW)
        elif verb == Verb.ERROR:
            log.warning("agent_says_error text=%s", message.text or "")
        elif verb != Verb.HEARTBEAT:
            log.warning("unexpected_verb verb=%s", message.name)

    # One attempt, from OFFER to RESULT.

    def _say(self, verb: Verb, about: Message | Key, number: int = 0, text: str = "") -> None:
        sample = self.custody.sample if verb == Verb.ACCEPT else None
        self.link.send(Message(verb, campaign=about.campaign, request=about.request, epoch=about.epoch, number=number,
                               text=wire.clean(text, WORDS_MAX) or None, sample=sample))  # fmt: skip

    def _find(self, message: Message) -> Job | None:
        for job in self.jobs:
            o = job.offer
            if (o.campaign, o.request, o.epoch) == (message.campaign, message.request, message.epoch):
                return job
        return None

    def _remove(self, job: Job) -> None:
        self.jobs.remove(job)
        self.crew.idle(job)

    def _keep(self, job: Job, frame: bytes, index: int = -1) -> None:
        """A RESULT or FAILURE is owed from now on."""
        o = job.offer
        key = Key(o.campaign or "", o.request, o.epoch, index)
        self.outbox.add(Put(key, frame, job.physical), time.monotonic() - job.began if job.began else 0.0)
        self.flush()

    def _fail(self, offer: Message, cause: Cause, text: str) -> None:
        """A failure said by the worker itself, kept and sent as any result is."""
        failure = Message(Verb.FAILURE, campaign=offer.campaign, request=offer.request, trial=offer.trial,
                          epoch=offer.epoch, cause=int(cause), text=wire.clean(text))  # fmt: skip
        self._keep(Job(offer, b""), wire.encode(failure))

    def assign(self) -> None:
        """Gives queued jobs to idle slots."""
        for job in list(self.jobs):
            if self.paused or self.stop != Stop.NONE:
                return
            if job.state != State.QUEUED:
                continue
            if not self.crew.give(job):
                return
            self._begin_clock(job)

    @staticmethod
    def _begin_clock(job: Job) -> None:
        limit = job.offer.time_limit_s
        if job.state == State.RUNNING and limit > 0:
            job.deadline = time.monotonic() + limit

    def _judge(self, message: Message) -> str:
        """Why a request cannot be taken: "" when it can."""
        if self.stop != Stop.NONE:
            return "this worker is stopping"
        if message.task not in self.identity.tasks:
            return f"this worker performs no task {message.task}"
        if len(self.jobs) >= 2 * self.identity.slots:
            return f"no free slot: {len(self.jobs)} are at work"
        return self._judge_physical(message) if message.cls == PHYSICAL else ""

    def _judge_physical(self, message: Message) -> str:
        if self.halted:
            return "stopped for safety; resume first"
        if self.starts:
            return f"not ready: request {self.starts[0].request} was started and its outcome is not known"
        try:
            state, epoch = self.store.look(message.campaign or "", message.request)
        except StoreError as why:
            return str(why)
        if state == Ledger.REFUSED and message.epoch <= epoch:
            return f"refused up to epoch {epoch}, when asked about it"
        if state not in (Ledger.UNKNOWN, Ledger.REFUSED):
            return f"this station has started this request before (epoch {epoch})"
        return self.custody.judge(message.sample, message.values)

    def _offer(self, message: Message, frame: bytes) -> None:
        if job := self._find(message):  # twice: the heartbeat says that it is here, and a lost ACCEPT is said again
            if job.state == State.READY and not job.cancelled:
                self._say(Verb.ACCEPT, message)
            self.beat_at = 0.0
        elif self.outbox.owes(message.campaign or "", message.request, message.epoch):
            self.flush()
        elif self.identity.tasks.get(message.task or "") and message.cls != PHYSICAL:
            # To offer it again would change nothing, so it is no DECLINE.
            self._fail(message, Cause.REFUSED, f"task {message.task} is physical; the campaign must say class: physical")
        elif reason := self._judge(message):
            self._say(Verb.DECLINE, message, text=reason)
        else:
            self.jobs.append(Job(message, frame))
            self.assign()

    def _start(self, message: Message) -> None:
        job = self._find(message)
        if job and job.state == State.READY and not job.cancelled and (why := self.custody.judge(job.offer.sample, ())):
            self._drop(job, why)  # another sample was put in meanwhile; nothing has begun
        elif job and job.state == State.READY and not job.cancelled:
            try:
                # The ledger first: from here on this request can never be started again.
                self.store.start(message.campaign or "", message.request, message.epoch)
            except (LedgerError, StoreError) as fault:
                # What the ledger holds now is not known here: no DECLINE, which would let another station begin.
                log.error("start_refused request=%d text=%s", message.request, fault)
                self._remove(job)
                self._query(message)
                return
            self._say(Verb.STARTED, message)
            self.crew.start(job)
            self._begin_clock(job)
        elif not job and not self.outbox.owes(message.campaign or "", message.request, message.epoch):
            # An earlier life may have started it: the answer to a QUERY, not a DECLINE.
            self._query(message)
        self.flush()

    def _drop(self, job: Job, text: str) -> None:
        """Lets go of a physical job that has not begun."""
        self._say(Verb.DECLINE, job.offer, text=text)
        self._remove(job)

    def _cancel(self, message: Message) -> None:
        job = self._find(message)
        if job and job.state == State.RUNNING:
            self.crew.cancel(job, Cause.CANCELLED)
        elif job and job.state != State.QUEUED:
            job.cancelled = Cause.CANCELLED
            if job.state == State.READY:
                self._drop(job, "cancelled before it was started")
        elif not job and self.outbox.owes(message.campaign or "", message.request, message.epoch):
            self.flush()
        else:
            self._fail(message, Cause.CANCELLED, "cancelled before it began" if job else "not held here")
            if job:
                self._remove(job)

    def _answer_physical(self, message: Message) -> tuple[Answer, str]:
        """Nothing of it is running or owed here: the ledger, and then a person, must say."""
        campaign, request = message.campaign or "", message.request
        try:
            state, _ = self.store.look(campaign, request)
            kept = self.store.final(campaign, request) if state == Ledger.DONE else None
            if kept:  # its acknowledgement may not have been meant for this agent
                self.link.send_frame(kept)
                return Answer.DONE, ""
            if state in (Ledger.UNKNOWN, Ledger.REFUSED):
                # Refused durably before it is said: a delayed START must find it so.
                self.store.refuse(campaign, request, message.epoch)
                return Answer.NEVER_STARTED, ""
        except (StoreError, LedgerError) as why:
            return Answer.STARTED_UNKNOWN, str(why)
        return Answer.STARTED_UNKNOWN, "started, and this station was interrupted before it ended"

    def _query(self, message: Message) -> None:
        text = ""
        job = next((j for j in self.jobs if (j.offer.campaign, j.offer.request) == (message.campaign, message.request)), None)
        if job and (job.state == State.RUNNING or not job.physical):
            kind = Answer.RUNNING
        elif self.outbox.owes(message.campaign or "", message.request):
            kind = Answer.DONE
        elif self.physical or message.cls == PHYSICAL:
            kind, text = self._answer_physical(message)
            if job and job.state == State.GIVEN:
                job.cancelled = Cause.CANCELLED  # its slot is still preparing
            elif job:
                self._remove(job)
        else:
            kind = Answer.NEVER_STARTED
        self._say(Verb.ANSWER, message, int(kind), text)
        self.flush()

    def _acknowledge(self, message: Message) -> None:
        key = Key(message.campaign or "", message.request, message.epoch, message.index)
        if message.text:
            log.info("result_not_used request=%d epoch=%d text=%s", key.request, key.epoch, message.text)
        if self.outbox.acknowledge(key) or key.nth >= 0:
            return
        # An acknowledgement of what was started and never ended: a person has resolved it.
        for start in self.starts:
            if (start.campaign, start.request) == (key.campaign, key.request):
                self.store.shut(key.campaign, key.request)
                self.starts.remove(start)
                self.credit()
                return

    # The slots.

    def notice(self, notice: Notice) -> None:
        """What a slot has to say of its attempt."""
        job, what = notice.job, notice.what
        if job is None:
            return
        if what == "ready":
            job.state = State.READY
            if job.cancelled:
                self._drop(job, "cancelled before it was started")
            else:
                self._say(Verb.ACCEPT, job.offer)
        elif what == "declined":
            self._drop(job, notice.parts["text"])
        elif what == "emit":
            self._keep(job, notice.parts["frame"], notice.parts["index"])
        elif what == "final":
            self._finish(job, Cause(notice.parts["cause"]), notice.parts["frame"])
        elif what == "lost":
            self._lose(job, notice.parts["code"])
        self.assign()
        self.flush()

    def _finish(self, job: Job, cause: Cause, frame: bytes) -> None:
        if cause == Cause.UNSAFE and job.halted:
            # Stopped by a person, which says nothing of the experiment: not for the model to learn.
            failure = wire.decode(frame)
            cause, failure.cause = Cause.CANCELLED, int(Cause.CANCELLED)
            frame = wire.encode(failure)
        if cause == Cause.CANCELLED and job.cancelled not in (Cause.NONE, Cause.CANCELLED):
            # The function ended because it was told to; it knows that it was, not why.
            failure = wire.decode(frame)
            failure.cause = int(job.cancelled)
            frame = wire.encode(failure)
        # What we gave up ourselves the agent hears of by BYE.
        if not (self.stop == Stop.NOW and cause == Cause.CANCELLED and not job.physical):
            self._keep(job, frame)
        self._remove(job)

    def _lose(self, job: Job, code: int) -> None:
        """The slot's process died with its attempt."""
        self._remove(job)
        if job.physical and job.state == State.RUNNING:
            # Something may have moved, and nobody knows how far. As after a crash of the whole
            # station: its lease lapses, and a person has to say what became of it.
            o = job.offer
            log.error("outcome_unknown request=%d text=%s", o.request, death(code)[1])
            self.starts.append(Key(o.campaign or "", o.request, o.epoch))
            self.credit()
        elif job.physical:
            self._say(Verb.DECLINE, job.offer, text=death(code)[1])
        elif job.cancelled:
            if self.stop != Stop.NOW:
                limit = f"not done within {job.offer.time_limit_s:g} s"
                self._fail(job.offer, job.cancelled, limit if job.cancelled == Cause.TIMEOUT else "cancelled")
        else:
            self._fail(job.offer, *death(code))

    # Time.

    def _is_stuck(self, job: Job, now: float) -> bool:
        return bool(job.cancelled) and now - job.deadline > STUCK_AFTER_S

    def _beat(self, now: float) -> None:
        """One progress per attempt held. Attempts of other campaigns are not this agent's to know."""
        progress = [
            Progress(j.offer.request, j.offer.epoch, j.fraction if math.isfinite(j.fraction) else math.nan,
                     wire.clean(j.text, PROGRESS_MAX) or None)
            for j in self.jobs if j.offer.campaign == self.campaign and not self._is_stuck(j, now)
        ]  # fmt: skip
        self.link.send(Message(Verb.HEARTBEAT, campaign=self.campaign, progress=progress))

    def tick(self) -> None:
        """Sends what is due; ends attempts past their deadline."""
        now = time.monotonic()
        for job in self.jobs:
            if job.state == State.RUNNING and not job.cancelled and now >= job.deadline:
                log.warning("deadline request=%d epoch=%d", job.offer.request, job.offer.epoch)
                self.crew.cancel(job, Cause.TIMEOUT)
        self.crew.expire(now)
        if self.custody.file and now >= self._look_at:
            self._look_at = now + LOOK_S
            if self.custody.look():
                log.info("sample_loaded sample=%s", self.custody.sample)
                if self.phase == Phase.REGISTERED:
                    self._enlist()  # the agent hears of it by a new registration
        if self.phase == Phase.GREETING and now >= self.hello_at:
            self.greet()
        if self.phase != Phase.REGISTERED:
            return
        self.credit()
        self.flush()
        if now < self.beat_at:
            return
        # Jobs are named each interval, since that renews their leases; without any we speak only
        # when we have not spoken.
        if self.jobs or now - self.link.sent_at >= self.interval_s:
            self._beat(now)
            self.beat_at = now + self.interval_s
        else:
            self.beat_at = self.link.sent_at + self.interval_s

    def next_s(self) -> float:
        """When tick has something to do next, monotonic."""
        due = min(self.crew.next_s(), self._look_at) if self.custody.file else self.crew.next_s()
        if self.phase == Phase.GREETING:
            due = min(due, self.hello_at)
        if self.phase == Phase.REGISTERED:
            due = min(due, self.beat_at)
        return min([due, *(j.deadline for j in self.jobs if not j.cancelled)], default=NEVER)

    # The end.

    def halt(self) -> None:
        """SAFE_STOP: tells every slot at once, and lets nothing physical begin until RESUME."""
        self.crew.safe_stop()  # before anything that takes time
        if not self.halted:
            log.warning("safe_stop jobs=%d", len(self.jobs))
        self.halted = True
        for job in list(self.jobs):
            if job.physical and job.state in (State.QUEUED, State.READY):
                self._drop(job, "stopped for safety")
            elif job.physical and job.state == State.GIVEN:
                job.cancelled = Cause.CANCELLED
        if self.phase == Phase.REGISTERED:
            self.link.send(Message(Verb.SAFE_STOP))
        self.credit()

    def end(self, stop: Stop) -> None:
        """No new work; NOW also ends what may be ended. Physical work that moves is finished, whatever the hurry."""
        if stop <= self.stop:
            return
        log.info("%s jobs=%d", "stopping" if stop == Stop.NOW else "draining", len(self.jobs))
        self.stop = stop
        self.credit()
        for job in list(self.jobs):
            if job.state == State.QUEUED:
                self._remove(job)
            elif job.physical and job.state == State.READY:
                self._drop(job, "this worker is stopping")
            elif job.physical and job.state == State.GIVEN:
                job.cancelled = Cause.CANCELLED
            elif not job.physical and stop == Stop.NOW and not job.cancelled:
                self.crew.cancel(job, Cause.CANCELLED)

    def is_idle(self) -> bool:
        """Nothing is left to wait for."""
        if self.jobs:
            return False
        if self.phase == Phase.REGISTERED:
            if self.outbox.unsent(self.campaign) and not self.link.blocked:
                return False
            if self.stop == Stop.DRAIN and self.outbox.attempts(self.campaign):
                return False
        return True

    def bye(self, text: str) -> None:
        if self.phase != Phase.AWAY:
            self.link.send(Message(Verb.BYE, worker=self.identity.name, text=text))
