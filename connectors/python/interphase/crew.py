"""crew - the slots of a worker: each a process (child.py) that performs one attempt at a time.

    repeatable  give -> RUNNING -> final
    physical    give -> GIVEN -> ready -> start -> RUNNING -> final
A process that dies takes its attempt with it and is made anew for the next one. Threads: the main thread.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import enum
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Sequence

from .pipe import Pipe
from .wire import PHYSICAL, Cause, Message

log = logging.getLogger("interphase")
GRACE_S = 1.0  # between "cancelled" and the end of a repeatable attempt that does not listen
SAY_S = 10.0  # a process that does not listen for so long is as good as dead
NEVER = math.inf


class State(enum.Enum):
    QUEUED = 0
    GIVEN = 1  # being prepared
    READY = 2  # waits for START
    RUNNING = 3


@dataclass(eq=False)
class Job:
    """One attempt: an OFFER and how far it is."""

    offer: Message
    frame: bytes  # the OFFER as it came
    state: State = State.QUEUED
    seat: Seat | None = None
    began: float = 0.0
    deadline: float = NEVER  # monotonic
    cancelled: Cause = Cause.NONE
    kill_at: float = NEVER
    fraction: float = math.nan
    text: str = ""
    halted: bool = False  # SAFE_STOP came while a slot had it

    @property
    def physical(self) -> bool:
        return self.offer.cls == PHYSICAL


@dataclass(eq=False)
class Seat:
    process: subprocess.Popen[bytes] | None = None
    pipe: Pipe | None = None
    up: bool = False  # has said what its tasks are
    job: Job | None = None
    waiting: list[tuple[str, bytes]] = field(default_factory=list)  # to be said once it is up


@dataclass
class Notice:
    """What a slot has to say: tasks, broken, ready, declined, emit, final, or lost (its process died)."""

    what: str
    seat: Seat
    job: Job | None
    parts: dict[str, Any]


class Crew:
    def __init__(self, path: str, base: str, work: str, worker: str, slots: int, allow: Sequence[str] = ()) -> None:
        self.path, self.base, self.work, self.worker, self.allow = path, base, work, worker, allow
        self.seats = [Seat() for _ in range(slots)]

    def seat_of(self, descriptor: int) -> Seat | None:
        for seat in self.seats:
            if seat.pipe and seat.pipe.end.fileno() == descriptor:
                return seat
        return None

    def descriptors(self) -> list[int]:
        return [seat.pipe.end.fileno() for seat in self.seats if seat.pipe]

    def spawn(self, seat: Seat) -> None:
        ours, theirs = socket.socketpair()
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        with theirs:
            seat.process = subprocess.Popen(
                [sys.executable, "-m", "interphase.child", str(theirs.fileno()), self.path, self.base, self.work,
                 self.worker, str(os.getpid()), *self.allow],
                env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths), INTERPHASE_CHILD="1"), stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()], start_new_session=True)  # fmt: skip
        seat.pipe, seat.up, seat.waiting = Pipe(ours), False, []
        ours.settimeout(SAY_S)

    def _say(self, seat: Seat, what: str, frame: bytes = b"") -> None:
        if not seat.up or not seat.pipe:
            seat.waiting.append((what, frame))
            return
        try:
            seat.pipe.send(what, offer=frame)
        except OSError as why:
            log.warning("slot_deaf text=%s", why)
            self.kill(seat)

    def give(self, job: Job) -> bool:
        """True when a slot was idle and has the job now."""
        for seat in self.seats:
            if seat.job is None:
                break
        else:
            return False
        seat.job, job.seat = job, seat
        job.state = State.GIVEN if job.physical else State.RUNNING
        job.began = time.monotonic()
        if seat.process is None:
            self.spawn(seat)
        self._say(seat, "prepare" if job.physical else "measure", job.frame)
        return True

    def start(self, job: Job) -> None:
        """A READY job may begin."""
        assert job.seat
        job.state, job.began = State.RUNNING, time.monotonic()
        self._say(job.seat, "measure", job.frame)

    def cancel(self, job: Job, why: Cause) -> None:
        """Asks a running attempt to end. One that does not is ended, unless it moves matter."""
        assert job.seat
        job.cancelled = why
        self._say(job.seat, "cancel")
        if not job.physical:
            job.kill_at = time.monotonic() + GRACE_S

    def safe_stop(self) -> None:
        for seat in self.seats:
            if seat.job:
                seat.job.halted = True
            if seat.process:
                self._say(seat, "safe_stop")

    def idle(self, job: Job) -> None:
        """A job that has come to its end gives its slot back."""
        if job.seat:
            job.seat.job = None
        job.seat = None

    def kill(self, seat: Seat) -> None:
        """Ends a slot's process and everything that it has started; `hear` then says lost."""
        if seat.process:
            try:
                os.killpg(seat.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def expire(self, now: float) -> None:
        for seat in self.seats:
            if seat.job and now >= seat.job.kill_at:
                seat.job.kill_at = NEVER
                self.kill(seat)

    def next_s(self) -> float:
        return min((seat.job.kill_at for seat in self.seats if seat.job), default=NEVER)

    def hear(self, descriptor: int) -> list[Notice]:
        """What has come from the slot with this descriptor."""
        seat = self.seat_of(descriptor)
        if seat is None or seat.pipe is None:
            return []
        alive = seat.pipe.fill()
        notices = []
        while (message := seat.pipe.take()) is not None:
            what = message.pop("what")
            if what == "tasks":
                seat.up = True
                waiting, seat.waiting = seat.waiting, []
                for said, frame in waiting:
                    self._say(seat, said, frame)
            if what == "progress" and seat.job:
                seat.job.fraction, seat.job.text = message["fraction"], message["text"]
            else:
                notices.append(Notice(what, seat, seat.job, message))
        if not alive:
            notices.append(self._bury(seat))
        return notices

    def _bury(self, seat: Seat) -> Notice:
        assert seat.process and seat.pipe
        self.kill(seat)  # what it has started dies with it
        code = seat.process.wait()
        seat.pipe.close()
        seat.process, seat.pipe, seat.up = None, None, False
        return Notice("lost", seat, seat.job, {"code": code})

    def close(self) -> None:
        for seat in self.seats:
            if seat.process:
                self._bury(seat)


def death(code: int) -> tuple[Cause, str]:
    """Cause and words for a process that died with its attempt."""
    if code >= 0:
        return Cause.INVALID, f"the function ended its process with exit code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else str(-code)
    if -code == signal.SIGKILL:
        return Cause.RESOURCE, f"the function's process was killed ({name}), as when memory runs out"
    return Cause.INVALID, f"the function's process crashed ({name})"
