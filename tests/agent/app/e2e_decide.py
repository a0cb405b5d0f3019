"""What decisions weigh beside the outcome: costs. SPDX-License-Identifier: GPL-3.0-or-later"""
import os
import re
import unittest

import cli

SAID = """\
campaign: said
parameters:
  x1: {real: [-5, 10]}
  x2: {real: [0, 15]}
  how: {categorical: [rough, fine]}
tasks:
  f:
    connector: function
    with: {name: branin}
    inputs: [x1, x2]
    outputs: {value: {unit: "1"}}
    noise: none
    source: how
    cost: 1 + x2
    sources: {rough: {}, fine: {cost: 50}}
objectives: [{minimise: value}]
agent: {design: {sobol: 5}}
budget: {trials: 9}
"""

TAKEN = """\
campaign: taken
parameters:
  x: {real: [0, 1]}
tasks:
  f:
    connector: command
    cost: measured
    with: {run: [./wait]}
    outputs: {y: {unit: "1"}}
    noise: none
objectives: [{maximise: y}]
agent: {design: {sobol: 5}}
budget: {trials: 8}
"""


class Costs(cli.Case):
    def test_the_record_shows_what_is_said_to_be_paid(self):
        self.write("said.yaml", SAID)
        self.run_cli("run", "said.yaml", "--workers", "1")
        out = self.run_cli("status", "said.journal", "--why", "9")
        self.assertIn("gain per cost", out)
        shown = re.search(r"x2=([-0-9.e+]+).*how=(\w+)", out)
        cost = 50 if shown[2] == "fine" else 1 + float(shown[1])
        self.assertAlmostEqual(float(re.search(r"cost +([0-9.e+]+) expected", out)[1]) / cost, 1, delta=0.01)
        sources = [row[0] for row in self.rows("select source from requests order by request", "said.journal")]
        self.assertEqual(sources[5:].count("rough"), 4, sources)  # as good and far cheaper
        self.run_cli("replay", "said.journal", "--verify")

    def test_what_trials_took_is_learned_and_replayed(self):
        self.write("wait", "#!/bin/sh\n"
                   "x=$(sed 's/.*\"x\": *\\([-0-9.e]*\\).*/\\1/')\n"
                   "sleep $(awk -v x=\"$x\" 'BEGIN { print 0.01 + 0.3 * x }')\n"
                   "awk -v x=\"$x\" 'BEGIN { printf \"{\\\"y\\\": %.17g}\\n\", sin(12 * x) }'\n")
        os.chmod(self.path("wait"), 0o755)
        self.write("taken.yaml", TAKEN)
        self.run_cli("run", "taken.yaml", "--workers", "1")
        out = self.run_cli("status", "taken.journal", "--why", "8")
        self.assertIn("gain per cost, as 7 trials took", out)
        self.assertRegex(out, r"cost +[0-9.e+-]+ expected")
        self.run_cli("replay", "taken.journal", "--verify")


if __name__ == "__main__":
    unittest.main()
