"""worker - the life of a worker process: connects to an agent, says what it can do, runs what it is offered,
and keeps what it owes until the agent has it.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, Sequence

import zmq

from . import VERSION, keys
from .crew import NEVER, SAY_S, Crew, Notice
from .custody import Custody, bounds_of, read_bound
from .link import Link
from .outbox import Outbox
from .session import Identity, Session, Stop
from .store import Store

log = logging.getLogger("interphase")
SLOTS_MAX = 1024
GIVE_UP_S = 10.0  # what the processes of the slots may take to end when the worker stops
POLL_MS_MAX = 60000


class WorkerError(Exception):
    """Why a worker cannot live, in words that a person can act on."""


@dataclass
class Options:
    """As `interphase worker` takes them."""

    file: str  # with the tasks
    connect: str = ""  # tcp://HOST:PORT, or ipc://PATH; "" when the key names the agent
    key: str = ""  # file of our key, or its name in the key folder (TCP)
    server_key: str = ""  # the agent's public key, or a file with it, where our key has none
    connector: str = ""  # as REGISTER says it: what the campaign's `connector:` has to be; default: file
    slots: int = 1
    name: str = ""  # default: HOST-FILE
    base: str = "."  # relative paths start here
    state: str = ""  # outbox, ledger and attempts; default: by name, in the home
    allow: Sequence[str] = ()  # further Python files that a campaign may name as models
    drain: bool = False  # a signal lets running work finish
    die_with_parent: bool = False
    sample_file: str = ""  # its first line names the sample that is loaded at this station
    bounds: Sequence[str] = ()  # NAME=LOW..HIGH UNIT: tighter ones of this very station


def describe(file: str, base: str = ".") -> dict[str, Any]:
    """The tasks of a file, asked of a process that loads it; WorkerError says why it cannot."""
    crew = Crew(os.path.abspath(os.path.join(base, file)), os.path.abspath(base), os.devnull, "", 1)
    try:
        return _ask_tasks(crew)
    finally:
        crew.close()


def _ask_tasks(crew: Crew) -> dict[str, Any]:
    if not os.path.isfile(crew.path):
        raise WorkerError(f"{crew.path}: no such file")
    seat = crew.seats[0]
    crew.spawn(seat)
    assert seat.pipe
    seat.pipe.end.settimeout(None)
    notices: list[Notice] = []
    while not notices:
        notices = crew.hear(seat.pipe.end.fileno())
    first = notices[0]
    if seat.pipe:
        seat.pipe.end.settimeout(SAY_S)
    if first.what != "tasks":
        raise WorkerError(f"{crew.path}: {first.parts.get('text') or 'its process died while it was loaded'}")
    return {"connector": "python", "version": VERSION, "tasks": json.loads(first.parts["tasks"])}


class Worker:
    def __init__(self, options: Options) -> None:
        if not 1 <= options.slots <= SLOTS_MAX:
            raise WorkerError(f"{options.slots} slots, 1 to {SLOTS_MAX} are allowed")
        self.options = options
        base = os.path.realpath(options.base)
        file = os.path.join(base, options.file)
        stem = os.path.splitext(os.path.basename(file))[0]
        name = options.name or f"{socket.gethostname()}-{stem}"
        state = options.state or os.path.join(
            os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "interphase", name
        )
        who = keys.find(options.connect, options.key, options.server_key)
        self._signals, told = os.pipe()
        for end in (self._signals, told):
            os.set_blocking(end, False)
        self._take_signals(told)
        self._parent = self._watch_parent() if options.die_with_parent else -1
        allowed = [os.path.realpath(os.path.join(base, path)) for path in (file, *options.allow)]
        self.crew = Crew(file, base, os.path.join(os.path.abspath(state), "work"), name, options.slots, allowed)
        schema = _ask_tasks(self.crew)
        self.store = Store(state)
        self.outbox = Outbox(self.store)
        self.link = Link(who)
        tasks = {one["name"]: one["class"] == "physical" for one in schema["tasks"]}
        identity = Identity(name, options.connector or options.file, tasks, json.dumps(schema), options.slots,
                            options.die_with_parent)  # fmt: skip
        custody = Custody(options.sample_file, [read_bound(text) for text in options.bounds], bounds_of(schema))
        self.session = Session(identity, self.store, self.outbox, self.crew, self.link, custody)

    def _take_signals(self, told: int) -> None:
        """Signals come as bytes of a pipe. Ctrl-C reaches the whole foreground group: a local worker leaves
        it to its agent, which lets running work finish."""
        taken = [signal.SIGTERM, signal.SIGHUP]
        if self.options.die_with_parent:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        else:
            taken.append(signal.SIGINT)
        for number in taken:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)

    @staticmethod
    def _watch_parent() -> int:
        """A pidfd is readable once the process is dead."""
        parent = os.getppid()
        try:
            watched = os.pidfd_open(parent)
        except OSError:
            watched = -1
        if watched < 0 or os.getppid() != parent or parent == 1:
            raise WorkerError("the process that started this worker is gone")
        return watched

    def _handle(self, ready: dict[Any, int]) -> None:
        s = self.session
        if self.link.stopped(s.identity.name):
            s.halt()
        if self._parent in ready:
            s.end(Stop.NOW)
        if self._signals in ready:
            for _ in os.read(self._signals, 64):
                s.end(Stop.DRAIN if self.options.drain and s.stop == Stop.NONE else Stop.NOW)
        change = self.link.watch()
        if change is False:
            s.lost()
        elif change:
            s.greet()
        while (heard := self.link.receive()) is not None:
            s.hear(*heard)
        for descriptor in self.crew.descriptors():
            if descriptor in ready:
                for notice in self.crew.hear(descriptor):
                    s.notice(notice)

    def _poll(self, until: float) -> dict[Any, int]:
        poller = zmq.Poller()
        poller.register(self.link.dealer, zmq.POLLIN | (zmq.POLLOUT if self.link.blocked else 0))
        for item in (self.link.monitor, self.link.stop, self._signals, *self.crew.descriptors()):
            poller.register(item, zmq.POLLIN)
        if self._parent >= 0:
            poller.register(self._parent, zmq.POLLIN)
        wait_ms = POLL_MS_MAX if until == NEVER else max(0.0, min((until - time.monotonic()) * 1000 + 1, POLL_MS_MAX))
        return dict(poller.poll(int(wait_ms)))

    def run(self) -> None:
        """Lives until it is told to stop and nothing is left to wait for."""
        s = self.session
        log.info("worker_up name=%s file=%s slots=%d", s.identity.name, self.crew.path, s.identity.slots)
        give_up = NEVER
        while True:
            s.tick()
            if s.stop != Stop.NONE and s.is_idle():
                return
            now = time.monotonic()
            if s.stop == Stop.NOW and give_up == NEVER:
                give_up = now + GIVE_UP_S
            if now >= give_up:
                if not any(job.physical for job in s.jobs):
                    return
                give_up = now + GIVE_UP_S  # physical work is finished, whatever the hurry
            self._handle(self._poll(min(s.next_s(), give_up, self.link.again_at)))

    def close(self) -> None:
        self.session.bye("stopped")
        self.crew.close()
        self.outbox.close()
        self.store.close()
        self.link.close()


def run(options: Options) -> None:
    """A worker's whole life; WorkerError or OSError when it cannot begin."""
    worker = Worker(options)
    try:
        worker.run()
    finally:
        worker.close()


def serve(connect: str = "", slots: int = 1, file: str | None = None, **options: Any) -> None:
    """Makes this script a worker of the agent at `connect` (or the one that `key` names); returns when it is
    told to stop. options: key, server_key, name, state, base, drain, as `interphase worker` has them.

        if __name__ == "__main__":
            interphase.serve("ipc:///path/of/the/agent", slots=4)
    """
    if os.environ.get("INTERPHASE_CHILD"):
        return  # a slot loads the file only for its tasks
    file = file or getattr(sys.modules["__main__"], "__file__", None)
    if not file:
        raise WorkerError("serve() needs the file with the tasks: from a notebook, write them to a file and give file=")
    logging.basicConfig(format="%(levelname)s %(message)s")
    run(Options(file=os.path.abspath(file), connect=connect, slots=slots, **options))
