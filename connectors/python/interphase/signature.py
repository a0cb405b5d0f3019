"""signature - what a function's annotations say of a task: inputs, outputs, options.

    def relax(strain: Unit("%"), metal: Literal["Al", "Cu"], *, steps: int = 200) -> {"energy": Unit("eV")}:

Positional parameters are inputs, which the campaign chooses; one with a default is optional. Parameters
behind the `*` are options, which stand in the campaign's `with:`. An annotation is one of
    Unit("%")                   a number in that unit; Annotated[float, Unit("%")] for type checkers
    float, int, bool            a pure number, unit "1"
    str, Literal["a", "b"]      a label: any, or one of these
What is returned is declared as {"energy": Unit("eV"), ...}, as a TypedDict or dataclass with such fields,
or as @task(outputs={"energy": "eV"}).

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import dataclasses
import inspect
import math
import typing
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from . import units
from .wire import NAN, Port


@dataclass(frozen=True)
class Unit:
    """A unit of UDUNITS-2, with the bounds within which this worker works (its envelope)."""

    unit: str
    low: float = NAN
    high: float = NAN
    iri: str | None = None

    def __post_init__(self) -> None:
        units.check(self.unit)
        if self.low > self.high:
            raise ValueError(f"Unit({self.unit!r}): low {self.low:g} is above high {self.high:g}")


class Whole(int):
    """Marks a port whose values are passed on as int."""


@dataclass(frozen=True)
class Input:
    """One input of a task, and the type in which the function is given it."""

    port: Port
    kind: type

    @property
    def is_label(self) -> bool:
        return self.kind is str

    def pass_on(self, number: float, label: str | None) -> Any:
        if self.is_label:
            return label
        if self.kind is not float and number != math.floor(number):
            raise ValueError(f"input {self.port.name} is {number:g}, a whole number is wanted")
        return self.kind(number)


@dataclass(frozen=True)
class Signature:
    """Everything that a campaign may want to know before it calls."""

    inputs: tuple[Input, ...]
    outputs: tuple[Port, ...]
    options: Mapping[str, Any]  # default by name; inspect.Parameter.empty when it must be given
    open: bool  # takes any inputs: it has **rest
    gives_any: bool  # outputs are not declared: whatever the campaign names


class SignatureError(TypeError):
    """A function whose annotations do not say what a task needs."""


def _parts(annotation: Any) -> tuple[Any, Unit | None]:
    """The type and the Unit of an annotation."""
    if isinstance(annotation, Unit):
        return float, annotation
    if typing.get_origin(annotation) is typing.Annotated:
        kind, *extra = typing.get_args(annotation)
        for one in extra:
            if isinstance(one, Unit):
                return kind, one
            if isinstance(one, str):
                return kind, Unit(one)
        return kind, None
    return annotation, None


def _port(name: str, annotation: Any, optional: bool, where: str) -> tuple[Port, type]:
    kind, unit = _parts(annotation)
    if typing.get_origin(kind) is typing.Literal:
        labels = typing.get_args(kind)
        if not all(isinstance(label, str) for label in labels):
            raise SignatureError(f"{where}: {name}: the words of a Literal must be texts")
        return Port(name, labels=labels, optional=int(optional)), str
    if kind is str:
        return Port(name, optional=int(optional)), str
    if kind in (float, int, bool):
        unit = unit or Unit("1")
        return Port(name, unit.unit, unit.iri, unit.low, unit.high, None, int(optional)), kind
    raise SignatureError(
        f'{where}: {name} is annotated with {annotation!r}; a Unit("..."), float, int, str or Literal is needed'
    )


def _output_names(declared: Any, where: str) -> Mapping[str, Any] | None:
    if declared is inspect.Signature.empty or declared is dict or typing.get_origin(declared) is dict:
        return None
    if isinstance(declared, Mapping):
        return declared
    if typing.is_typeddict(declared) or dataclasses.is_dataclass(declared):
        return typing.get_type_hints(declared, include_extras=True)
    raise SignatureError(f'{where}: returns {declared!r}; declare what it returns as {{"energy": Unit("eV")}}')


def _outputs(declared: Any, where: str) -> tuple[tuple[Port, ...], bool]:
    names = _output_names(declared, where)
    if names is None:
        return (), True
    # "eV" is short for Unit("eV"): here a text cannot be anything else.
    return tuple(_port(name, Unit(how) if isinstance(how, str) else how, False, where)[0]
                 for name, how in names.items()), False  # fmt: skip


def read(function: Callable[..., Any], outputs: Mapping[str, Any] | None) -> Signature:
    """The signature of a task, from its function; SignatureError says what is missing in it."""
    where = f"task {function.__name__}"
    hints = inspect.get_annotations(function, eval_str=True)
    inputs: list[Input] = []
    options: dict[str, Any] = {}
    is_open = False
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            is_open = True
        elif parameter.kind is parameter.KEYWORD_ONLY:
            options[name] = parameter.default
        elif parameter.kind is parameter.VAR_POSITIONAL:
            raise SignatureError(f"{where}: *{name} has no name for the campaign; **{name} has")
        elif name not in hints:
            raise SignatureError(f'{where}: {name} needs a unit, e.g. {name}: Unit("eV"), or {name}: str for a label')
        else:
            optional = parameter.default is not parameter.empty
            inputs.append(Input(*_port(name, hints[name], optional, where)))
    ports, any_outputs = _outputs(outputs if outputs is not None else hints.get("return", inspect.Signature.empty), where)
    return Signature(tuple(inputs), ports, options, is_open, any_outputs)
