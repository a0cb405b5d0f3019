"""wire - the messages between agent and worker, as include/interphase/wire.h lays them out.

One message is one msgpack map with integer keys. What this module writes is byte for byte what the C
programs write, and what it refuses they refuse: tests/connectors/python compares both.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Sequence

VERSION = 1
MAX = 4 << 20
DEPTH = 8
ITEMS = 65536
TEXT = 1 << 20
NAME = 1024
HEARTBEAT_MS = 1000
NAN = math.nan

Verb = enum.IntEnum(
    "Verb",
    "HELLO WELCOME REGISTER REREGISTER CREDIT OFFER ACCEPT DECLINE START STARTED HEARTBEAT RESULT RESULT_ACK "
    "FAILURE QUERY ANSWER CANCEL PAUSE RESUME BYE SAFE_STOP ERROR",
    start=0,
)


class Cause(enum.IntEnum):
    """Why an attempt failed; each leads to a different act of the agent."""

    NONE = 0
    TRANSPORT = 1
    WORKER_LOST = 2
    TIMEOUT = 3
    RESOURCE = 4
    SCIENTIFIC = 5
    INVALID = 6
    UNSAFE = 7
    REFUSED = 8
    CANCELLED = 9


class Answer(enum.IntEnum):
    """What a worker knows of a request that it may have run before."""

    NEVER_STARTED = 0
    RUNNING = 1
    DONE = 2
    STARTED_UNKNOWN = 3


REPEATABLE, PHYSICAL = 0, 1


class ProtocolError(ValueError):
    """Bytes that are no message, or a message that cannot be written."""


class Value(NamedTuple):
    """A named value: a number with a unit, or a label (then the number is NaN)."""

    name: str
    number: float = NAN
    sd: float = NAN
    unit: str | None = None
    label: str | None = None


class Port(NamedTuple):
    """An input or output: low and high are the envelope, NaN where it is open."""

    name: str
    unit: str | None = None
    iri: str | None = None
    low: float = NAN
    high: float = NAN
    labels: tuple[str, ...] | None = None
    optional: int = 0


class Progress(NamedTuple):
    request: int
    epoch: int
    fraction: float = NAN
    text: str | None = None


class Bound(NamedTuple):
    """A station operates from low to high; infinite where it is open."""

    task: str | None
    input: str
    unit: str | None
    low: float
    high: float


class Roster(NamedTuple):
    tasks: tuple[str, ...]
    connector: str | None = None
    holding: tuple[tuple[int, int], ...] = ()
    slots: int = 0
    cls: int = REPEATABLE
    ledger: str | None = None
    schema: str | None = None
    sample: str | None = None  # loaded at a station; "(none)": none is; None: it does not say
    bounds: tuple[Bound, ...] = ()


@dataclass
class Message:
    """One message; fields that its verb does not use keep their defaults."""

    verb: int
    campaign: str | None = None
    worker: str | None = None
    text: str | None = None
    request: int = 0
    trial: int = 0
    epoch: int = 0
    replicate: int = 0
    index: int = -1
    number: int = 0
    interval_ms: int = 0
    task: str | None = None
    source: str | None = None
    options: str | None = None
    sample: str | None = None
    cls: int = REPEATABLE
    time_limit_s: float = NAN
    lease_s: float = NAN
    cost: float = NAN
    seed: int = 0
    cause: int = 0
    values: Sequence[Value] = field(default_factory=tuple)
    wanted: Sequence[Port] = field(default_factory=tuple)
    progress: Sequence[Progress] = field(default_factory=tuple)
    roster: Roster | None = None
    provenance: str | None = None

    @property
    def name(self) -> str:
        """The verb in words."""
        return Verb(self.verb).name


U32, U64, I64 = (1 << 32) - 1, (1 << 64) - 1, (1 << 63) - 1

# attribute, key, form: in the order in which the C programs write them.
FIELDS = (
    ("campaign", 2, "name"), ("worker", 3, "name"), ("text", 4, "text"), ("request", 5, "u64"),
    ("trial", 6, "u64"), ("epoch", 7, "u32"), ("replicate", 8, "u32"), ("index", 9, "index"),
    ("number", 10, "i64"), ("interval_ms", 11, "u32"), ("task", 12, "name"), ("source", 13, "name"),
    ("options", 14, "text"), ("sample", 15, "name"), ("cls", 16, "class"), ("time_limit_s", 17, "real"),
    ("lease_s", 18, "real"), ("cost", 19, "real"), ("seed", 20, "u64"), ("cause", 21, "cause"),
    ("values", 22, "values"), ("wanted", 23, "ports"), ("progress", 24, "progress"), ("roster", 25, "roster"),
    ("provenance", 26, "text"),
)  # fmt: skip
BY_KEY = {key: (attribute, form) for attribute, key, form in FIELDS}
ATTEMPT = ("campaign", "request", "epoch")
NEEDS: dict[int, tuple[str, ...]] = {
    Verb.HELLO: ("worker",),
    Verb.WELCOME: ("campaign",),
    Verb.REGISTER: ("worker", "roster"),
    Verb.OFFER: (*ATTEMPT, "task"),
    Verb.FAILURE: (*ATTEMPT, "cause"),
    **{verb: ATTEMPT for verb in (Verb.ACCEPT, Verb.DECLINE, Verb.START, Verb.STARTED, Verb.RESULT,
                                  Verb.RESULT_ACK, Verb.QUERY, Verb.ANSWER, Verb.CANCEL)},
}  # fmt: skip


def _check_text(text: Any, what: str, is_name: bool) -> str:
    """Text as both sides take it: UTF-8 without NUL; a name is short and has no control characters."""
    if not isinstance(text, str):
        raise ProtocolError(f"{what}: expected text")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ProtocolError(f"{what}: expected UTF-8 without NUL")
    size = len(text.encode("utf-8"))
    if size > (NAME if is_name else TEXT):
        raise ProtocolError(f"{what}: too long")
    if is_name and any(letter < " " or letter == "\x7f" for letter in text):
        raise ProtocolError(f"{what}: expected a name without control characters")
    return text


def clean(text: str, most: int = TEXT) -> str:
    """Text from elsewhere, such that no odd byte in an error message keeps a result from its agent."""
    out = "".join("?" if (c < " " and c not in "\n\t") or c == "\x7f" or "\ud800" <= c <= "\udfff" else c
                  for c in text)  # fmt: skip
    return out.encode("utf-8")[:most].decode("utf-8", "ignore")


# Writing.


def _text(text: str | None, what: str, is_name: bool = False) -> str | None:
    return None if text is None else _check_text(text, what, is_name)


def _number(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _array(items: Sequence[Any]) -> Sequence[Any]:
    if len(items) > ITEMS:
        raise ProtocolError(f"{len(items)} items, at most {ITEMS}")
    return items


def _put_bound(bound: Bound, what: str) -> list[Any]:
    return [_text(bound.task, what, True), _check_text(bound.input, what, True), _text(bound.unit, what, True),
            *(float(end) if math.isfinite(end) else None for end in (bound.low, bound.high))]  # fmt: skip


def _put(form: str, what: str, value: Any) -> Any:
    if form in ("name", "text"):
        return _check_text(value, what, form == "name")
    if form == "real":
        return float(value)
    if form == "values":
        return [[_check_text(v.name, what, True), _number(v.number), _number(v.sd), _text(v.unit, what, True),
                 _text(v.label, what)] for v in _array(value)]  # fmt: skip
    if form == "ports":
        return [[_check_text(p.name, what, True), _text(p.unit, what, True), _text(p.iri, what, True), _number(p.low),
                 _number(p.high), None if p.labels is None else [_check_text(t, what, False) for t in _array(p.labels)],
                 int(p.optional)] for p in _array(value)]  # fmt: skip
    if form == "progress":
        return [[p.request, p.epoch, _number(p.fraction), _text(p.text, what)] for p in _array(value)]
    if form == "roster":
        said = [[_check_text(t, what, True) for t in _array(value.tasks)], _text(value.connector, what, True),
                [list(attempt) for attempt in _array(value.holding)], value.slots, int(value.cls),
                _text(value.ledger, what, True), _text(value.schema, what)]  # fmt: skip
        if value.sample is None and not value.bounds:
            return said  # as peers of old said it
        return [*said, _text(value.sample, what, True), [_put_bound(b, what) for b in _array(value.bounds)]]
    return int(value)


def _is_set(form: str, value: Any) -> bool:
    if form in ("name", "text", "roster"):
        return value is not None
    if form == "real":
        return not math.isnan(value)
    if form == "index":
        return bool(value != -1)
    return bool(value)  # a number that is not 0, an array that is not empty


def encode(message: Message) -> bytes:
    """The message as bytes; ProtocolError for one that the other side would have to refuse."""
    import msgpack  # here, so that notebooks and engines do without it

    packed: dict[int, Any] = {0: VERSION, 1: int(message.verb)}
    present = set()
    for attribute, key, form in FIELDS:
        value = getattr(message, attribute)
        if _is_set(form, value):
            packed[key] = _put(form, attribute, value)
            present.add(attribute)
    for attribute in NEEDS.get(message.verb, ()):
        if attribute not in present:
            raise ProtocolError(f"{message.name} lacks {attribute}")
    try:
        frame: bytes = msgpack.packb(packed, use_bin_type=True)
    except (OverflowError, TypeError, ValueError) as why:
        raise ProtocolError(str(why)) from None
    if len(frame) > MAX:
        raise ProtocolError(f"frame of {len(frame)} bytes, at most {MAX}")
    return frame


# Reading. Every byte is hostile until it has passed here.


class _Map(list):  # type: ignore[type-arg]
    """A map as it came: a list of pairs, because keys may be anything and may stand twice."""


def _depth(top: Any) -> int:
    deepest, left = 0, [(top, 0)]
    while left:
        item, depth = left.pop()
        deepest = max(deepest, depth)
        if isinstance(item, _Map):
            left += [(part, depth + 1) for pair in item for part in pair]
            deepest = max(deepest, depth + 1)
        elif isinstance(item, list):
            left += [(part, depth + 1) for part in item]
            deepest = max(deepest, depth + 1)
    return deepest


def _get_text(item: Any, what: str, is_name: bool) -> str | None:
    return None if item is None else _check_text(item, what, is_name)


def _get_whole(item: Any, what: str, low: int, high: int) -> int:
    if item is None:
        return 0
    if type(item) is not int or not low <= item <= high:
        raise ProtocolError(f"{what}: expected a whole number in range")
    return item


def _get_real(item: Any, what: str) -> float:
    if item is None:
        return NAN
    if type(item) not in (int, float):
        raise ProtocolError(f"{what}: expected a number")
    return float(item)


def _get_items(item: Any, what: str, least: int) -> list[Any]:
    if item is None and least == 0:
        return []
    if type(item) is not list or len(item) < least:
        raise ProtocolError(f"{what}: expected an array with all its items")
    return item


def _get_attempt(item: Sequence[Any], what: str) -> tuple[int, int]:
    return _get_whole(item[0], what, 0, U64), _get_whole(item[1], what, 0, U32)


def _get_value(item: Any, what: str) -> Value:
    name, number, sd, unit, label, *_ = _get_items(item, what, 5)
    return Value(_check_text(name, what, True), _get_real(number, what), _get_real(sd, what),
                 _get_text(unit, what, True), _get_text(label, what, False))  # fmt: skip


def _get_port(item: Any, what: str) -> Port:
    name, unit, iri, low, high, labels, optional, *_ = _get_items(item, what, 7)
    known = None if labels is None else tuple(_check_text(t, what, False) for t in _get_items(labels, what, 0))
    return Port(_check_text(name, what, True), _get_text(unit, what, True), _get_text(iri, what, True),
                _get_real(low, what), _get_real(high, what), known, _get_whole(optional, what, 0, U32))  # fmt: skip


def _get_progress(item: Any, what: str) -> Progress:
    one = _get_items(item, what, 4)
    return Progress(*_get_attempt(one, what), _get_real(one[2], what), _get_text(one[3], what, False))


def _get_bound(item: Any, what: str) -> Bound:
    task, name, unit, low, high, *_ = _get_items(item, what, 5)
    ends = [_get_real(end, what) for end in (low, high)]
    return Bound(_get_text(task, what, True), _check_text(name, what, True), _get_text(unit, what, True),
                 -math.inf if math.isnan(ends[0]) else ends[0], math.inf if math.isnan(ends[1]) else ends[1])  # fmt: skip


def _get_roster(item: Any, what: str) -> Roster:
    tasks, connector, holding, slots, cls, ledger, schema, *more = _get_items(item, what, 7)
    return Roster(tuple(_check_text(t, what, True) for t in _get_items(tasks, what, 0)),
                  _get_text(connector, what, True),
                  tuple(_get_attempt(_get_items(a, what, 2), what) for a in _get_items(holding, what, 0)),
                  _get_whole(slots, what, 0, U32), _get_whole(cls, what, 0, PHYSICAL), _get_text(ledger, what, True),
                  _get_text(schema, what, False), _get_text(more[0], what, True) if more else None,
                  tuple(_get_bound(b, what) for b in _get_items(more[1], what, 0)) if len(more) > 1 else ())  # fmt: skip


def _get(form: str, what: str, item: Any) -> Any:
    if form in ("name", "text"):
        return _check_text(item, what, form == "name")
    if form == "real":
        return _get_real(item, what)
    if form == "values":
        return [_get_value(one, what) for one in _get_items(item, what, 0)]
    if form == "ports":
        return [_get_port(one, what) for one in _get_items(item, what, 0)]
    if form == "progress":
        return [_get_progress(one, what) for one in _get_items(item, what, 0)]
    if form == "roster":
        return _get_roster(item, what)
    low, high = {"u32": (0, U32), "u64": (0, U64), "class": (0, PHYSICAL), "cause": (0, int(Cause.CANCELLED))}.get(
        form, (-I64 - 1, I64)
    )
    return _get_whole(item, what, low, high)


def _unpack(frame: bytes) -> _Map:
    import msgpack

    if len(frame) > MAX:
        raise ProtocolError(f"frame of {len(frame)} bytes, at most {MAX}")
    try:
        whole = msgpack.unpackb(frame, raw=False, unicode_errors="surrogateescape", strict_map_key=False,
                                object_pairs_hook=_Map, ext_hook=lambda code, data: data, max_str_len=TEXT,
                                max_bin_len=TEXT, max_ext_len=TEXT - 1, max_array_len=ITEMS,
                                max_map_len=ITEMS)  # fmt: skip
    except Exception as why:  # msgpack has a class for each way to be wrong
        raise ProtocolError(f"frame is not msgpack, or beyond its limits ({why or type(why).__name__})") from None
    if _depth(whole) > DEPTH:
        raise ProtocolError(f"frame nests deeper than {DEPTH}")
    if not isinstance(whole, _Map):
        raise ProtocolError("frame is not a map")
    return whole


def _number_at(whole: _Map, key: int, what: str) -> int:
    for found, item in whole:
        if type(found) is int and found == key:
            return _get_whole(item, what, 0, U64)
    raise ProtocolError(f"{what}: expected in every frame")


def decode(frame: bytes) -> Message:
    """The message in these bytes, or ProtocolError with what was wrong."""
    whole = _unpack(frame)
    version = _number_at(whole, 0, "VERSION")
    if version != VERSION:
        raise ProtocolError(f"wire version {version}, this is version {VERSION}")
    verb = _number_at(whole, 1, "VERB")
    if verb >= len(Verb):
        raise ProtocolError("VERB: expected a verb that this version knows")
    message = Message(Verb(verb))
    seen = set()
    for key, item in whole:
        if type(key) is not int or key not in BY_KEY or item is None:
            continue
        attribute, form = BY_KEY[key]
        if attribute in seen:
            raise ProtocolError(f"{attribute}: expected once")
        seen.add(attribute)
        setattr(message, attribute, _get(form, attribute, item))
    for attribute in NEEDS.get(verb, ()):
        # A zero is as good as missing: requests and epochs count from 1.
        if attribute not in seen or getattr(message, attribute) == 0:
            raise ProtocolError(f"{message.name} lacks {attribute}")
    return message
