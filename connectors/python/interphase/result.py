"""result - inputs as the function wants them, outputs as the campaign wants them.

The rules are those of connectors/host (result.c), so that a task means the same in either language.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
import math
from typing import Any, Mapping

from . import units
from .signature import Signature
from .tasks import Failure, Measured, Refused, Task
from .wire import NAN, Cause, Message, Port, Value


class InvalidResult(Failure):
    """What came back is no answer: an output is missing, not finite, or in a unit that does not fit."""

    cause = Cause.INVALID


def _input(port: Port, is_label: bool, value: Value) -> float:
    """A number in the task's unit, within its envelope; NaN for a label."""
    if value.label is not None:
        if not is_label:
            raise Refused(f'input {port.name}: "{value.label}" is a label, a number in {port.unit} is needed')
        if port.labels and value.label not in port.labels:
            raise Refused(f'input {port.name}: "{value.label}" is not one that this worker knows')
        return NAN
    if is_label:
        raise Refused(f"input {port.name}: {value.number:g} is a number, a label is needed")
    if not math.isfinite(value.number):
        raise Refused(f"input {port.name} is {value.number:g}")
    try:
        number = units.convert(value.number, value.unit or port.unit or "1", port.unit or "1")
    except units.UnitError as why:
        raise Refused(f"input {port.name}: {why}") from None
    if number < port.low or number > port.high:
        raise Refused(f"input {port.name}: {number:g} {port.unit} is outside this worker's envelope "
                      f"[{port.low:g}, {port.high:g}] {port.unit}")  # fmt: skip
    return number


def inputs_of(task: Task[Any, Any], offer: Message) -> dict[str, Any]:
    """The function's arguments, converted and checked; Refused says which one does not fit."""
    given = {value.name: value for value in offer.values}
    arguments: dict[str, Any] = {}
    for one in task.signature.inputs:
        value = given.pop(one.port.name, None)
        if value is None and not one.port.optional:
            raise Refused(f"task {task.name} needs input {one.port.name}")
        if value is not None:
            number = _input(one.port, one.is_label, value)
            try:
                arguments[one.port.name] = one.pass_on(number, value.label)
            except ValueError as why:
                raise Refused(str(why)) from None
    if given and not task.signature.open:
        raise Refused(f"task {task.name} takes no input {next(iter(given))}")
    for name, value in given.items():
        arguments[name] = value.number if value.label is None else value.label
    return arguments


def options_of(signature: Signature, text: str | None) -> dict[str, Any]:
    """The options of `with:` that the function takes; ValueError says which is unknown or missing."""
    options = json.loads(text or "{}")
    if not isinstance(options, dict):
        raise ValueError("with: is not an object")
    known = signature.options
    for name in options:
        if name not in known:
            names = ", ".join(known) or "none"
            raise ValueError(f'with: unknown option "{name}"; the function takes {names} (its parameters behind *)')
    for name, default in known.items():
        if name not in options and default is inspect.Parameter.empty:
            raise ValueError(f"with: option {name} is missing")
    return options


def _one_output(wanted: Port, declared: Port | None, given: Any) -> Value:
    """A bare number, a label, a Measured, or (value, sd)."""
    if isinstance(given, str):
        if wanted.unit is not None:
            raise InvalidResult(f'output {wanted.name} is the label "{given:.100}", a number in {wanted.unit} is wanted')
        return Value(wanted.name, label=given)
    if wanted.unit is None:
        raise InvalidResult(f"output {wanted.name} is {given!r}, a label is wanted")
    try:
        value, sd, own = Measured(*given) if isinstance(given, tuple) else Measured(given)
        number, deviation = float(value), float(sd)
    except (TypeError, ValueError):
        raise InvalidResult(f"output {wanted.name} is {given!r:.100}, a number is wanted") from None
    if not math.isfinite(number):
        raise InvalidResult(f"output {wanted.name} is {number:g}")
    if deviation < 0 or math.isinf(deviation):
        raise InvalidResult(f"standard deviation of output {wanted.name} is {deviation:g}")
    unit = own or (declared.unit if declared and declared.unit else wanted.unit)
    try:
        deviation = units.convert_sd(deviation, unit, wanted.unit)
        number = units.convert(number, unit, wanted.unit)
    except units.UnitError as why:
        raise InvalidResult(f"output {wanted.name}: {why}") from None
    if not math.isfinite(number):
        raise InvalidResult(f"output {wanted.name} is {number:g} {wanted.unit}")
    return Value(wanted.name, number, deviation, wanted.unit)


def outputs_of(task: Task[Any, Any], offer: Message, returned: Any, final: bool = True) -> list[Value]:
    """What the campaign wants of what the function returned; InvalidResult says what is wrong with it."""
    if dataclasses.is_dataclass(returned) and not isinstance(returned, type):
        returned = dataclasses.asdict(returned)
    if not isinstance(returned, Mapping):
        names = [port.name for port in task.signature.outputs] or [port.name for port in offer.wanted]
        if len(names) != 1 or returned is None:
            raise InvalidResult(f"returned {returned!r:.100}, a dict with {', '.join(names) or 'the outputs'} is wanted")
        returned = {names[0]: returned}
    declared = {port.name: port for port in task.signature.outputs}
    out = []
    for wanted in offer.wanted:
        if returned.get(wanted.name) is not None:
            out.append(_one_output(wanted, declared.get(wanted.name), returned[wanted.name]))
        elif final and not wanted.optional:
            raise InvalidResult(f"output {wanted.name} is missing")
    if not final and not out:
        raise InvalidResult("an indexed measurement without any wanted output")
    return out


def input_hash(offer: Message) -> str:
    """SHA-256 of what determines the answer; the C worker computes the same (provenance.c)."""
    state = hashlib.sha256()

    def add(text: str | None) -> None:
        data = (text or "").encode()
        state.update(len(data).to_bytes(8, "little") + data)

    for text in (offer.task, offer.source or "default", offer.options or "{}", str(offer.replicate)):
        add(text)
    for value in offer.values:
        add(value.name)
        add(value.label if value.label is not None else "%.17g" % value.number)
        add(value.unit)
    return state.hexdigest()
