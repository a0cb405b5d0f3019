"""tasks - functions that a worker performs, and what they may say while they run.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import functools
import os
import tempfile
from typing import Any, Callable, Generic, Mapping, NamedTuple, ParamSpec, TypeVar, overload

from . import signature
from .wire import NAN, Cause

P = ParamSpec("P")
R = TypeVar("R")


class Measured(NamedTuple):
    """One output: a number with what is known beside it. A bare number does when nothing is."""

    value: float
    sd: float = NAN
    unit: str | None = None  # None: as declared


class Failure(Exception):
    """An attempt that failed for a reason with a name; the message is for the person who reads the record."""

    cause = Cause.INVALID


class Failed(Failure):
    """The simulation or experiment itself failed: did not converge, fell apart. The model learns from it."""

    cause = Cause.SCIENTIFIC


class Refused(Failure):
    """These inputs cannot be taken here; another attempt would not help."""

    cause = Cause.REFUSED


class OutOfResources(Failure):
    """Memory, disk, licences: another attempt may do better."""

    cause = Cause.RESOURCE


class Unsafe(Failure):
    """Stopped because it was not safe to go on."""

    cause = Cause.UNSAFE


class Cancelled(Failure):
    """Ended because it was told to."""

    cause = Cause.CANCELLED


class Attempt:
    """What a running function may know and say. Outside a worker: a stand-in that keeps quiet."""

    request = trial = epoch = index = seed = 0
    campaign = task = source = ""
    sample: str | None = None
    time_limit_s = float("inf")
    base = "."

    def __init__(self) -> None:
        self._folder: str | None = None

    @property
    def folder(self) -> str:
        """A folder of this attempt's own; the function is already in it."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="interphase-")
        return self._folder

    def path(self, name: str) -> str:
        """A file beside the campaign."""
        return os.path.join(self.base, name)

    def may_load(self, path: str) -> bool:
        """Whether the worker's owner lets a campaign name this Python file: it is the worker's own, or --allow'ed."""
        return True

    def progress(self, fraction: float, text: str = "") -> None:
        """How far it is, from 0 to 1; shown by `interphase status`. Raises Cancelled when it should end."""

    def cancelled(self) -> bool:
        """True once the attempt should end; a function that does not ask is ended from outside."""
        return False

    def emit(self, index: int, outputs: Mapping[str, Any]) -> None:
        """An indexed measurement (cycle 1, 2, ...), sent while the function goes on."""

    def note(self, key: str, text: str) -> None:
        """A fact for the provenance, e.g. note("ase", ase.__version__)."""

    def artefact(self, path: str, name: str | None = None) -> None:
        """A file to be kept by reference, with its SHA-256."""

    def cost(self, cost: float) -> None:
        """Cost of the attempt; the default is its wall time in seconds."""


_current: Attempt | None = None


def attempt() -> Attempt:
    """The attempt under way."""
    return _current or Attempt()


def set_attempt(now: Attempt | None) -> None:
    global _current
    _current = now


class Task(Generic[P, R]):
    """A function that a worker performs; called directly it is the function itself."""

    def __init__(self, function: Callable[P, R], name: str, physical: bool, outputs: Mapping[str, Any] | None) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name
        self.physical = physical
        self.signature = signature.read(function, outputs)
        self.prepare_hook: Callable[..., object] | None = None
        self.stop_hook: Callable[[], object] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def prepare(self, hook: Callable[..., object]) -> Callable[..., object]:
        """@f.prepare: called with f's inputs before it is started; raises Refused when the sample, an
        interlock or anything else is not ready. Must not move anything."""
        self.prepare_hook = hook
        return hook

    def safe_stop(self, hook: Callable[[], object]) -> Callable[[], object]:
        """@f.safe_stop: called at SAFE_STOP, beside the running function and in another thread."""
        self.stop_hook = hook
        return hook

    def describe(self) -> dict[str, Any]:
        """As REGISTER tells it, in the form of `interphase worker --describe`."""
        s = self.signature
        return {"name": self.name, "class": "physical" if self.physical else "repeatable",
                "open": s.open or s.gives_any, "inputs": [_describe(i.port) for i in s.inputs],
                "outputs": [_describe(p) for p in s.outputs]}  # fmt: skip


def _describe(port: Any) -> dict[str, Any]:
    out = {"name": port.name}
    for key in ("unit", "iri"):
        if getattr(port, key):
            out[key] = getattr(port, key)
    for key in ("low", "high"):
        if abs(getattr(port, key)) < float("inf"):
            out[key] = getattr(port, key)
    if port.optional:
        out["optional"] = True
    if port.labels:
        out["labels"] = list(port.labels)
    return out


_tasks: dict[str, Task[Any, Any]] = {}


def registered() -> dict[str, Task[Any, Any]]:
    """Every task defined so far, by name."""
    return _tasks


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    name: str | None = None, /, *, physical: bool = False, outputs: Mapping[str, Any] | None = None
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(name: Any = None, /, *, physical: bool = False, outputs: Mapping[str, Any] | None = None) -> Any:
    """Makes a function a task: @task, @task("molecule.electrodes"), @task(outputs={"energy": "eV"}).

    physical: it moves matter or consumes a sample, so it is started at most once per request; STARTED is in
    the worker's ledger before the function is called.
    """

    def make(function: Callable[P, R], title: str | None = None) -> Task[P, R]:
        made = Task(function, title or function.__name__, physical, outputs)
        _tasks[made.name] = made
        return made

    if callable(name):
        return make(name)
    return lambda function: make(function, name)
