"""Signatures, units, and what becomes of inputs and outputs; without any process.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import math
import os
import shutil
import subprocess
import unittest
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

import cli
from interphase import Campaign, Measured, SignatureError, Unit, UnitError, attempt, result, task, units
from interphase.client import _amount
from interphase.tasks import Refused, registered
from interphase.wire import Message, Port, Value, Verb


def offer(values=(), wanted=(Port("energy", "eV"),), **parts):
    return Message(Verb.OFFER, campaign="c", request=1, epoch=1, task="t", values=values, wanted=wanted, **parts)


class Signatures(unittest.TestCase):
    def tearDown(self):
        registered().clear()

    def test_units_labels_options_and_defaults(self):
        @task
        def t(strain: Unit("%", -5, 5), metal: Literal["Al", "Cu"], n: int = 3, *, steps: int = 9) -> {"energy": Unit("eV")}:
            return steps

        ports = {i.port.name: i.port for i in t.signature.inputs}
        self.assertEqual((ports["strain"].unit, ports["strain"].low, ports["strain"].high), ("%", -5, 5))
        self.assertEqual((ports["metal"].labels, ports["metal"].unit), (("Al", "Cu"), None))
        self.assertEqual((ports["n"].unit, ports["n"].optional), ("1", 1))
        self.assertEqual(dict(t.signature.options), {"steps": 9})
        self.assertEqual(t.signature.outputs[0].unit, "eV")
        self.assertEqual(t(0, "Al"), 9)  # still a function

    def test_the_same_said_for_type_checkers(self):
        class Out(TypedDict):
            energy: Annotated[float, Unit("eV")]

        @dataclass
        class Point:
            energy: Annotated[float, "eV"]

        for returns in (Out, Point):
            def t(strain: Annotated[float, Unit("%")]): ...
            t.__annotations__["return"] = returns
            made = task(t)
            self.assertEqual((made.signature.inputs[0].port.unit, made.signature.outputs[0].unit), ("%", "eV"))

    def test_what_is_missing_is_named(self):
        for function, word in ((lambda x: x, "x needs a unit"), (lambda *x: x, "has no name for the campaign")):
            with self.assertRaisesRegex(SignatureError, word.replace("*", r"\*")):
                task(function)
        with self.assertRaisesRegex(UnitError, '"parsecc" is not a unit'):
            Unit("parsecc")
        with self.assertRaisesRegex(ValueError, "low 2 is above high 1"):
            Unit("eV", 2, 1)

    def test_inputs_are_converted_and_kept_within_the_envelope(self):
        @task
        def t(length: Unit("nm", 0, 100), n: int = 1): ...

        def of(*values):
            return result.inputs_of(t, offer(values))

        self.assertAlmostEqual(of(Value("length", 5, unit="angstrom"))["length"], 0.5, 12)
        self.assertEqual(of(Value("length", 5, unit="nm"), Value("n", 2, unit="1")), {"length": 5, "n": 2})
        for value, word in ((Value("length", 5, unit="eV"), "cannot be converted"), (Value("length", 1, unit="mm"), "outside"),
                            (Value("length", label="x"), "is a label"), (Value("width", 1), "needs input length"),
                            (Value("length", math.inf, unit="nm"), "is inf")):  # fmt: skip
            with self.assertRaisesRegex(Refused, word):
                of(value)
        with self.assertRaisesRegex(Refused, "takes no input width"):
            of(Value("length", 1, unit="nm"), Value("width", 1))
        with self.assertRaisesRegex(Refused, "whole number"):
            of(Value("length", 1, unit="nm"), Value("n", 1.5, unit="1"))

    def test_outputs_in_every_form(self):
        @task(outputs={"energy": "J"})
        def t(): ...

        for returned, number, sd in ((1.602176634e-19, 1, math.nan), ({"energy": 1.602176634e-19}, 1, math.nan),
                                     ({"energy": Measured(2, 0.5, "eV")}, 2, 0.5), ({"energy": (2, 0.5, "eV")}, 2, 0.5)):  # fmt: skip
            (value,) = result.outputs_of(t, offer(), returned)
            self.assertAlmostEqual(value.number, number, 6)
            self.assertTrue(value.sd == sd or math.isnan(value.sd) and math.isnan(sd))
            self.assertEqual(value.unit, "eV")
        for returned, word in ((None, "a dict with energy is wanted"), ({}, "energy is missing"), ({"energy": math.nan}, "is nan"),
                               ({"energy": "high"}, "is the label"), ({"energy": [1]}, "a number is wanted"),
                               ({"energy": Measured(1, -1)}, "standard deviation"), ({"energy": Measured(1, unit="m")}, "cannot")):  # fmt: skip
            with self.assertRaisesRegex(result.InvalidResult, word):
                result.outputs_of(t, offer(), returned)

    def test_a_function_can_be_tried_without_a_worker(self):
        now = attempt()
        now.progress(0.5)
        self.assertTrue(os.path.isdir(now.folder))
        os.rmdir(now.folder)


class Units(unittest.TestCase):
    def test_conversions(self):
        self.assertEqual(units.convert(1.1, "eV", "eV"), 1.1)
        self.assertAlmostEqual(units.convert(25, "degC", "K"), 298.15)
        self.assertAlmostEqual(units.convert_sd(2, "degC", "K"), 2)
        self.assertAlmostEqual(units.convert_sd(1.8, "degF", "degC"), 1)
        for wrong in ("", "0 m", "m.0z", "3kg", "x" * 200, "m)("):
            with self.assertRaises(UnitError, msg=wrong):
                units.check(wrong)


class Client(unittest.TestCase):
    def test_amounts_as_tell_reads_them(self):
        self.assertEqual([_amount(v) for v in (1, 1.5, "2 g", (1.5, 0.1), (1.5, 0.1, "g"), (1.5, None, "g"))],
                         ["1.0", "1.5", "2 g", "1.5+-0.1", "1.5+-0.1 g", "1.5 g"])  # fmt: skip

    def test_what_is_no_journal_is_said(self):
        with self.assertRaises(FileNotFoundError):
            Campaign("/nowhere/x.journal")
        with self.assertRaisesRegex(ValueError, "not a database"):
            Campaign(__file__)


class Types(unittest.TestCase):
    @unittest.skipUnless(shutil.which("mypy"), "mypy is not installed")
    def test_mypy_finds_nothing(self):
        done = subprocess.run(["mypy", "--python-executable", "/usr/bin/python3", "--cache-dir", os.devnull, "interphase"],
                              cwd=os.path.join(cli.SOURCE, "connectors", "python"), capture_output=True, text=True, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
