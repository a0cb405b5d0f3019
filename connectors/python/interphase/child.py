"""child - the process of one slot: it loads the file with the tasks and performs one attempt at a time.

The function runs in the main thread of a process of its own, so whatever it does (crash, hang, hold the
interpreter) the worker goes on speaking to its agent, and can end it. A second thread listens to the worker:
cancel, SAFE_STOP, and the worker's death, which ends this process and everything it has started.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import math
import os
import platform
import queue
import re
import signal
import socket
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any, Mapping

from . import VERSION, result, tasks, wire
from .pipe import Pipe
from .tasks import Attempt, Cancelled, Failure

PR_SET_PDEATHSIG = 1
TEXT_MAX = 1000  # characters of a failure's reason


class Running(Attempt):
    """The attempt under way, as the function sees it."""

    def __init__(self, child: Child, offer: wire.Message, folder: str) -> None:
        super().__init__()
        self._child, self._offer, self._folder = child, offer, folder
        self.request, self.trial, self.epoch = offer.request, offer.trial, offer.epoch
        self.index, self.seed, self.sample = offer.replicate, offer.seed, offer.sample
        self.campaign, self.task, self.source = offer.campaign or "", offer.task or "", offer.source or "default"
        self.time_limit_s = offer.time_limit_s if offer.time_limit_s > 0 else math.inf
        self.base = child.base
        self.told_cost = math.nan
        self.notes: dict[str, str] = {}
        self.artefacts: list[dict[str, Any]] = []
        self.began_s, self.began_ns = time.time(), time.monotonic_ns()

    def progress(self, fraction: float, text: str = "") -> None:
        self._child.pipe.send("progress", fraction=float(fraction), text=str(text))
        if self.cancelled():
            raise Cancelled("ended when it was told to")

    def cancelled(self) -> bool:
        return self._child.cancelled.is_set()

    def may_load(self, path: str) -> bool:
        return os.path.realpath(path) in self._child.allow

    def emit(self, index: int, outputs: Mapping[str, Any]) -> None:
        if index < 0:
            raise ValueError("an index counts from 0")
        values = result.outputs_of(self._child.tasks[self.task], self._offer, outputs, final=False)
        self._child.report("emit", self, wire.Verb.RESULT, values=values, index=index)

    def note(self, key: str, text: str) -> None:
        self.notes[wire.clean(str(key))] = wire.clean(str(text))

    def artefact(self, path: str, name: str | None = None) -> None:
        full = os.path.abspath(os.path.join(self.folder, path))
        state, size = hashlib.sha256(), 0
        with open(full, "rb") as handle:
            while part := handle.read(1 << 20):
                state.update(part)
                size += len(part)
        self.artefacts.append({"name": name or os.path.basename(path), "uri": f"file://{full}",
                               "sha256": state.hexdigest(), "bytes": size})  # fmt: skip

    def cost(self, cost: float) -> None:
        self.told_cost = float(cost)

    def wall_s(self) -> float:
        return (time.monotonic_ns() - self.began_ns) / 1e9


def _clock_text(seconds: float) -> str:
    whole, ms = divmod(int(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{ms:03d}Z"


def load(path: str) -> dict[str, tasks.Task[Any, Any]]:
    """The tasks of a file. Its folder is where its own imports are looked up first."""
    path = os.path.abspath(path)
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = tasks.registered()
    if not found:
        raise ImportError(f"{path} defines no task: put @interphase.task above a function")
    return found


def _where(trace: TracebackType | None, path: str) -> str:
    """The last line of the file with the tasks that an exception came through; else where it came from."""
    frames = [f for f in traceback.extract_tb(trace) if os.path.dirname(f.filename) != os.path.dirname(__file__)]
    own = [frame for frame in frames if os.path.abspath(frame.filename) == os.path.abspath(path)]
    for frame in (own or frames)[-1:]:
        return f" ({os.path.basename(frame.filename)}, line {frame.lineno})"
    return ""


def explain(why: BaseException, path: str) -> tuple[wire.Cause, str]:
    """Cause and reason of an exception, in words that a person can act on."""
    if isinstance(why, Failure):
        return why.cause, str(why) or type(why).__name__
    place = _where(why.__traceback__, path)
    if isinstance(why, MemoryError):
        return wire.Cause.RESOURCE, f"out of memory{place}"
    if isinstance(why, KeyboardInterrupt):
        return wire.Cause.CANCELLED, "interrupted"
    if isinstance(why, SystemExit):
        return wire.Cause.INVALID, f"the function ended the process with {why.code!r}{place}"
    return wire.Cause.INVALID, f"{type(why).__name__}: {why}{place}"


class Child:
    """One slot's process."""

    def __init__(self, pipe: Pipe, path: str, base: str, work: str, worker: str, allow: list[str]) -> None:
        self.pipe, self.path, self.base, self.work, self.worker, self.allow = pipe, path, base, work, worker, allow
        self.tasks: dict[str, tasks.Task[Any, Any]] = {}
        self.cancelled = threading.Event()
        self.jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with open(path, "rb") as handle:
            self.sha256 = hashlib.sha256(handle.read()).hexdigest()

    def listen(self) -> None:
        """The second thread."""
        while (message := self.pipe.receive()) is not None:
            if message["what"] == "cancel":
                self.cancelled.set()
            elif message["what"] == "safe_stop":
                for one in self.tasks.values():
                    if one.stop_hook:
                        try:
                            one.stop_hook()
                        except Exception:  # the other hooks have to be called all the same
                            traceback.print_exc()
            else:
                self.cancelled.clear()
                self.jobs.put(message)
        os.killpg(os.getpgid(0), signal.SIGKILL)  # the worker is dead: nobody waits for this

    def report(self, what: str, running: Running, verb: wire.Verb, **parts: Any) -> None:
        """A RESULT or FAILURE goes to the worker as the frame that the agent will get."""
        offer = running._offer
        now = time.time()
        provenance: dict[str, Any] = {
            "connector": "python", "version": VERSION, "interphase": VERSION, "host": socket.gethostname(),
            "worker": self.worker, "started": _clock_text(running.began_s), "finished": _clock_text(now),
            "wall_s": running.wall_s(), "inputs_sha256": result.input_hash(offer),
            "python": platform.python_version(), "file": os.path.basename(self.path), "file_sha256": self.sha256,
        }  # fmt: skip
        if offer.sample:
            provenance["sample"] = offer.sample
        if running.notes:
            provenance["notes"] = running.notes
        if running.artefacts:
            provenance["artefacts"] = running.artefacts
        message = wire.Message(verb, campaign=offer.campaign, request=offer.request, trial=offer.trial,
                               epoch=offer.epoch, provenance=json.dumps(provenance, ensure_ascii=False), **parts)  # fmt: skip
        if message.index < 0:
            message.cost = running.wall_s() if math.isnan(running.told_cost) else running.told_cost
        try:
            frame = wire.encode(message)
        except wire.ProtocolError as why:
            message.verb, message.cause, message.values = wire.Verb.FAILURE, int(wire.Cause.INVALID), ()
            message.text, message.provenance = f"the result does not fit into a frame: {why}", None
            frame = wire.encode(message)
        self.pipe.send(what, frame=frame, cause=int(message.cause), index=message.index)

    def make_folder(self, offer: wire.Message) -> str:
        """A new folder for each run of an attempt: what a crashed run has left is never read as ours."""
        name = re.sub(r"[^A-Za-z0-9.-]|^\.", "_", offer.campaign or "_")[:200]
        parent = os.path.join(self.work, name)
        os.makedirs(parent, exist_ok=True)
        for again in range(1, 1000):
            path = os.path.join(parent, f"{offer.request}.{offer.epoch}" + (f"-{again}" if again > 1 else ""))
            try:
                os.mkdir(path)
                return path
            except FileExistsError:
                continue
        raise OSError(f"{parent}: no new folder for attempt {offer.request}.{offer.epoch}")

    def prepare(self, offer: wire.Message) -> None:
        """Everything that can be checked before anything moves."""
        try:
            one = self.tasks[offer.task or ""]
            arguments = result.inputs_of(one, offer)
            result.options_of(one.signature, offer.options)
            if one.prepare_hook:
                one.prepare_hook(**arguments)
        except BaseException as why:
            self.pipe.send("declined", text=explain(why, self.path)[1][:TEXT_MAX])
        else:
            self.pipe.send("ready")

    def measure(self, offer: wire.Message) -> None:
        folder = ""
        running = Running(self, offer, folder)
        try:
            folder = running._folder = self.make_folder(offer)
            os.chdir(folder)
            tasks.set_attempt(running)
            one = self.tasks[offer.task or ""]
            try:
                options = result.options_of(one.signature, offer.options)
            except ValueError as why:
                raise tasks.Refused(str(why)) from None
            returned = one.function(**result.inputs_of(one, offer), **options)
            values = result.outputs_of(one, offer, returned)
        except BaseException as why:
            cause, text = explain(why, self.path)
            if not isinstance(why, Failure):
                traceback.print_exc()
            sys.stderr.flush()
            self.report("final", running, wire.Verb.FAILURE, cause=int(cause), text=wire.clean(text[:TEXT_MAX]))
        else:
            self.report("final", running, wire.Verb.RESULT, values=values)
        finally:
            tasks.set_attempt(None)
            os.chdir(self.base)
            try:
                os.rmdir(folder)  # when nothing is in it
            except OSError:
                pass

    def run(self) -> None:
        try:
            self.tasks = load(self.path)
        except BaseException as why:
            traceback.print_exc()
            self.pipe.send("broken", text=explain(why, self.path)[1][:TEXT_MAX])
            return
        listener = threading.Thread(target=self.listen, name="interphase-listener", daemon=True)
        self.pipe.send("tasks", tasks=json.dumps([one.describe() for one in self.tasks.values()]))
        listener.start()
        while True:
            job = self.jobs.get()
            offer = wire.decode(job["offer"])
            if job["what"] == "prepare":
                self.prepare(offer)
            else:
                self.measure(offer)


def main() -> None:
    """Called by the worker: FILE DESCRIPTOR, FILE, BASE, WORK, WORKER, PARENT, ALLOWED..."""
    descriptor, path, base, work, worker, parent = sys.argv[1:7]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        return  # it died while we were born
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's, which ends us in order
    os.dup2(2, 1)  # what the function prints goes to the log
    os.chdir(base)
    Child(Pipe(socket.socket(fileno=int(descriptor))), path, base, work, worker, sys.argv[7:]).run()


if __name__ == "__main__":
    main()
