"""units - conversion by UDUNITS-2, the library that the agent uses.

A machine that has no libudunits2 still works: there a value must come in exactly the unit that is wanted.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import ctypes
import re

UNIT_MAX = 120  # characters
# A factor of zero, or a word right behind a digit, makes the library lose memory.
INSANE = re.compile(r"(?<![0-9.])[0.]*0[0.]*(?![0-9.])|[0-9](?![eE][-+]?[0-9])[A-Za-z_%'\"\u0080-\U0010ffff]")
UTF8 = 2


class UnitError(ValueError):
    """A text that is no unit, or two units of different dimensions; the message names them."""


class _Library:
    """The few functions of libudunits2 that are needed."""

    def __init__(self) -> None:
        self.lib = ctypes.CDLL("libudunits2.so.0")
        for name, result, arguments in (
            ("ut_set_error_message_handler", ctypes.c_void_p, [ctypes.c_void_p]),
            ("ut_read_xml", ctypes.c_void_p, [ctypes.c_char_p]),
            ("ut_parse", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
            ("ut_free", None, [ctypes.c_void_p]),
            ("ut_are_convertible", ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
            ("ut_get_converter", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p]),
            ("cv_convert_double", ctypes.c_double, [ctypes.c_void_p, ctypes.c_double]),
        ):
            function = getattr(self.lib, name)
            function.restype, function.argtypes = result, arguments
        self.lib.ut_set_error_message_handler(ctypes.cast(self.lib.ut_ignore, ctypes.c_void_p))
        self.system = self.lib.ut_read_xml(None)
        if not self.system:
            raise OSError("the unit database of UDUNITS-2 cannot be read")

    def parse(self, text: str) -> int:
        sane = 0 < len(text.encode()) <= UNIT_MAX and text.isprintable() and not INSANE.search(text)
        unit = self.lib.ut_parse(self.system, text.encode(), UTF8) if sane else None
        if not unit:
            raise UnitError(f'"{text:.60}" is not a unit (UDUNITS-2; pure numbers have "1")')
        return int(unit)


_library: _Library | None = None
_missing = False
_converters: dict[tuple[str, str], int] = {}


def _load() -> _Library | None:
    global _library, _missing
    if _library is None and not _missing:
        try:
            _library = _Library()
        except OSError:
            _missing = True
    return _library


def _converter(have: str, want: str) -> int:
    known = _converters.get((have, want))
    if known:
        return known
    library = _load()
    if library is None:
        raise UnitError(f'"{have}" and "{want}" are not the same unit, and there is no libudunits2 here to convert')
    a = library.parse(have)
    try:
        b = library.parse(want)
        try:
            if not library.lib.ut_are_convertible(a, b):
                raise UnitError(f'"{have}" cannot be converted to "{want}"')
            _converters[have, want] = made = int(library.lib.ut_get_converter(a, b))
        finally:
            library.lib.ut_free(b)
    finally:
        library.lib.ut_free(a)
    return made


def check(unit: str) -> None:
    """UnitError unless this is a unit (anything is where the library is missing)."""
    library = _load()
    if library:
        library.lib.ut_free(library.parse(unit))


def convert(number: float, have: str, want: str) -> float:
    """A number in another unit; the same bits when the units are spelled alike."""
    if have == want:
        return number
    converter, library = _converter(have, want), _load()
    assert library
    return float(library.lib.cv_convert_double(converter, number))


def convert_sd(sd: float, have: str, want: str) -> float:
    """A standard deviation in another unit: offsets (degC) do not enter it."""
    if have == want:
        return sd
    span = 2.0**40  # over which no offset is felt
    return abs((convert(span, have, want) - convert(0.0, have, want)) / span) * sd
