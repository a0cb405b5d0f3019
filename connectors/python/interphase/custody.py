"""custody - what a station says of itself beside its tasks: which sample is loaded, and within which bounds it operates;
and what it refuses because of them. The C worker's custody.c says the same.

The sample's id is the first line of a file that whoever loads it writes; the bounds are those of the physical tasks'
inputs, and tighter ones of this very station ("temperature=15..45 degC").

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import math
import re
from typing import Any, Sequence

from . import units
from .wire import Bound, Value

SAMPLE_MAX = 255
NOTHING = "(none)"  # is loaded
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_FORM = re.compile(rf"([^=]+)=\s*({_NUMBER})?\s*\.\.\s*({_NUMBER})?\s*(.*)")


def read_bound(text: str) -> Bound:
    """NAME=LOW..HIGH UNIT, either end may be missing; ValueError, UnitError."""
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"--bound {text}: expected NAME=LOW..HIGH UNIT")
    name, low, high, unit = found.groups()
    bound = Bound(None, name, unit or "1", float(low or -math.inf), float(high or math.inf))
    if not bound.low <= bound.high:
        raise ValueError(f"--bound {text}: expected NAME=LOW..HIGH UNIT")
    units.check(bound.unit or "1")
    return bound


def bounds_of(schema: dict[str, Any]) -> list[Bound]:
    """Those that the tasks state of their inputs, from what `describe` says; whoever performs them holds them too."""
    found = []
    for task in schema["tasks"]:
        for port in task["inputs"] if task["class"] == "physical" else ():
            low, high = port.get("low"), port.get("high")
            if low is not None or high is not None:
                found.append(Bound(task["name"], port["name"], port.get("unit") or "1",
                                   -math.inf if low is None else low, math.inf if high is None else high))  # fmt: skip
    return found


class Custody:
    def __init__(self, sample_file: str = "", own: Sequence[Bound] = (), stated: Sequence[Bound] = ()) -> None:
        self.file, self.own, self.bounds = sample_file, tuple(own), (*own, *stated)
        self.sample: str | None = None  # as last read; None: this station does not say
        self.look()

    def look(self) -> bool:
        """Reads the file again; True when another sample is loaded than before."""
        if not self.file:
            return False
        before = self.sample
        try:
            with open(self.file, encoding="utf-8", errors="replace") as handle:
                line = handle.readline(SAMPLE_MAX)
        except OSError:
            line = ""
        self.sample = re.split(r"[\x00-\x1f\x7f]", line)[0] or NOTHING
        return self.sample != before

    def judge(self, sample: str | None, inputs: Sequence[Value]) -> str:
        """Why work on this sample with these inputs cannot be done here: "" when it can."""
        self.look()
        if sample and self.file and sample != self.sample:
            return f"sample {sample} is wanted, {self.sample} is loaded"
        for bound in self.own:
            unit = bound.unit or "1"
            for value in inputs:
                if value.label is not None or value.name != bound.input:
                    continue
                try:
                    number = units.convert(value.number, value.unit or "1", unit)
                except units.UnitError as why:
                    return f"{bound.input}: {why}"
                if not bound.low <= number <= bound.high:
                    return f"{bound.input} = {number:g} {unit}: this station takes {bound.low:g} to {bound.high:g} {unit}"
        return ""
