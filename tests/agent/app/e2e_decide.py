"""What decisions weigh beside the outcome: costs, earlier journals. SPDX-License-Identifier: GPL-3.0-or-later"""
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
        # A slow machine decides ahead, before the seventh has come.
        self.assertRegex(out, "gain per cost, as [67] trials took")
        self.assertRegex(out, r"cost +[0-9.e+-]+ expected")
        self.run_cli("replay", "taken.journal", "--verify")


class Transfer(cli.Case):
    """A campaign that starts from the journal of another one, whatever becomes of that afterwards."""

    def begin(self, more):
        self.write("old.yaml", cli.BRANIN.replace("campaign: branin", "campaign: old") % ("", "", 12, ""))
        self.write("new.yaml", cli.BRANIN.replace("campaign: branin", "campaign: new") % ("", "", 9, more))
        self.run_cli("run", "old.yaml", "--workers", "1")
        self.run_cli("run", "new.yaml", "--workers", "1")

    def taken(self):
        return self.rows("select payload from event where kind = 'decision'", "new.journal")

    def test_what_was_taken_is_in_the_journal(self):
        self.begin("data: [{file: old.journal, as: data}]\n")
        out = self.run_cli("status", "new.journal", "--why", "9")
        self.assertRegex(out, "12 earlier rows (taken|dropped)")
        low, high = re.search(r"95 % of such measurements fall between ([-0-9.e+]+) and ([-0-9.e+]+)", out).groups()
        mean = re.search(r"predicted   value: ([-0-9.e+]+)", out)[1]
        self.assertTrue(float(low) < float(mean) < float(high), out)
        for gone in (False, True):
            if gone:
                for name in ("old.journal", "old.yaml"):
                    os.unlink(self.path(name))
            else:  # it goes on
                self.write("old.yaml", cli.BRANIN.replace("campaign: branin", "campaign: old") % ("", "", 15, ""))
                self.run_cli("run", "old.yaml", "--workers", "1")
            self.run_cli("replay", "new.journal", "--verify")
            with open(self.path("new.yaml"), encoding="utf-8") as handle:
                text = handle.read()
            self.write("new.yaml", re.sub("trials: [0-9]+", f"trials: {11 + 2 * gone}", text))
            self.run_cli("run", "new.yaml", "--workers", "1")
            self.assertIn(" 12 earlier rows", self.taken()[-1][0])
        self.run_cli("replay", "new.journal", "--verify")

    def test_the_past_may_be_a_prior_mean(self):
        new = cli.BRANIN.replace("campaign: branin", "campaign: new")
        self.write("old.yaml", cli.BRANIN.replace("campaign: branin", "campaign: old") % ("", ", noise: none", 20, ""))
        self.write("new.yaml", new % ("", ", noise: none", 9, "data: {file: old.journal, as: mean}\n"))
        self.run_cli("run", "old.yaml", "--workers", "1")
        self.run_cli("run", "new.yaml", "--workers", "1")
        self.assertRegex(self.taken()[-1][0], "20 earlier rows (taken as the prior mean|dropped)")
        self.run_cli("replay", "new.journal", "--verify")

    def test_what_is_no_use_is_said(self):
        self.begin("")
        for data, says in (("none.journal", "none.journal"), ("old.yaml", "the header has 1"), ("bad.journal", "bad.journal")):
            self.write("bad.journal", "SQLite format 3\0 and then nothing of the kind")
            self.write("wrong.yaml", cli.BRANIN.replace("campaign: branin", "campaign: wrong")
                       % ("", "", 9, f"data: {data}\n"))
            self.assertIn(says, self.run_cli("check", "wrong.yaml", code=2))


if __name__ == "__main__":
    unittest.main()
