"""The Python examples of README.md and connectors/README.md, run as they are printed. SPDX-License-Identifier: GPL-3.0-or-later"""
import importlib.util
import os
import re
import subprocess
import sys
import unittest

import cli
from interphase.client import program

README = os.path.join(cli.SOURCE, "connectors", "README.md")
STRAIN = """\
campaign: strain
parameters:
  strain: {real: [-3, 3], unit: "%%"}
  metal: {categorical: [Al, Cu]}
%s
objectives: [{minimise: energy}]
budget: {trials: 6}
"""
AGEING = """\
campaign: ageing
parameters:
  rate: {real: [0.5, 4], unit: 1/h}
  cycles: {integer: [100, 300]}
tasks:
  cell.age: {connector: ./tasks.py, outputs: {capacity: {unit: mA.h}}}
objectives: [{maximise: capacity}]
budget: {trials: 5}
"""
BENCH = """\
campaign: bench
parameters:
  x: {real: [0, 1]}
tasks:
  weigh: {outputs: {mass: {unit: mg}}}
objectives: [{maximise: mass}]
"""


FILM = """\
campaign: film
parameters:
  time: {real: [1, 48], unit: h}
  temperature: {real: [0, 60], unit: degC}
%s
objectives: [{maximise: thickness}]
budget: {trials: 4}
"""


def printed(language, first, readme=README):
    """The block of the README that has these words."""
    with open(readme, encoding="utf-8") as handle:
        blocks = re.findall(rf"^```{language}\n(.*?)^```$", handle.read(), re.M | re.S)
    return next(block for block in blocks if first in block)


class Readme(cli.Case):
    def python(self, text):
        environment = dict(self.environment, INTERPHASE=cli.PROGRAM)
        return subprocess.run([sys.executable, "-c", text], cwd=self.folder, env=environment, capture_output=True,
                              text=True, timeout=240, check=False)  # fmt: skip

    @unittest.skipUnless(importlib.util.find_spec("ase"), "ASE is not installed (Debian: python3-ase)")
    def test_ase(self):
        self.write("tasks.py", printed("python", "EMT"))
        self.write("strain.yaml", STRAIN % printed("yaml", "a file beside the campaign").rstrip())
        self.run_cli("run", "strain.yaml", "--workers", "1", "--quiet")
        rows = self.rows("select value, unit from measurements", "strain.journal")
        self.assertEqual(len(rows), 6)
        for value, unit in rows:  # per atom, within 3 % of strain and a rattle: a few tenths of an eV at most
            self.assertTrue(-0.1 < value < 0.5 and unit == "eV", rows)

    def test_plain_simulation(self):
        self.write("tasks.py", printed("python", "cell.age"))
        self.write("ageing.yaml", AGEING)
        self.run_cli("run", "ageing.yaml", "--workers", "1", "--quiet")
        rows = self.rows("select value, sd, unit from measurements", "ageing.journal")
        self.assertEqual(len(rows), 5)
        for value, sd, unit in rows:  # declared in A.h, wanted in mA.h
            self.assertTrue(1000 < value < 5000, rows)
            self.assertAlmostEqual(sd, 1.0)
            self.assertEqual(unit, "mA.h")

    def test_the_first_readme(self):
        """`tasks: {film.growth: ...}` of the sentence, and the function above it; declared in nm, wanted in um."""
        top = os.path.join(cli.SOURCE, "README.md")
        with open(top, encoding="utf-8") as handle:
            tasks = re.search(r"`(tasks: \{film\.growth: .*\}\}\}\})`", handle.read())[1]
        self.write("tasks.py", printed("python", "film.growth", top))
        self.write("film.yaml", FILM % tasks)
        self.run_cli("run", "film.yaml", "--workers", "1", "--quiet")
        rows = self.rows("select value, unit from measurements", "film.journal")
        self.assertEqual(len(rows), 4)
        for value, unit in rows:
            self.assertTrue(0 < value < 1 and unit == "um", rows)

    def test_notebook(self):
        self.write("bench.yaml", BENCH)
        done = self.python(printed("python", "AskTell"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.rows("select count(*), min(value), min(sd) from measurements", "bench.journal"), [(3, 1.5, 0.1)])
        self.assertIn("measured", done.stdout)

    def test_examples_are_short(self):
        for block in (printed("python", "EMT"), printed("python", "cell.age")):
            code = [line for line in block.splitlines() if line and not line.startswith("#")]
            self.assertLessEqual(len(code), 20)

    def test_the_program_is_found(self):
        os.environ["INTERPHASE"] = cli.PROGRAM
        self.assertEqual(program(), cli.PROGRAM)


if __name__ == "__main__":
    unittest.main()
