"""The flagship campaign (campaigns/sei-additives) through the Python worker, against the `command` connector.

Answers come from survey.csv, the evaluations of all its candidates, so that it takes seconds; ITP_XTB=N has
Open Babel and xTB measure N trials instead (target python_flagship). ITP_KILLS=N: how often the Python
worker is killed meanwhile (8 in CI, 60 for the bar). SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import random
import re
import shutil
import signal
import subprocess
import unittest

import cli
import python_case

KILLS = int(os.environ.get("ITP_KILLS", "8"))
XTB = int(os.environ.get("ITP_XTB", "0"))
HOME = os.path.join(cli.SOURCE, "campaigns", "sei-additives")

RECALL = '''\
#!/usr/bin/env python3
import csv, json, os, sys
NUMBERS = ["reduction_potential", "oxidation_potential", "li_binding", "broken_bonds", "ring_opened", "fragments"]

def row_of(smiles):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "survey.csv"), newline="") as text:
        return next(row for row in csv.DictReader(text) if row["smiles"] == smiles)

if __name__ == "__main__":
    row = row_of(json.load(sys.stdin)["smiles"])
    if row["exit"] == "0":
        print(json.dumps({name: float(row[name]) for name in NUMBERS}))
    else:
        print(row["why"], file=sys.stderr)
    sys.exit(int(row["exit"]))
'''
TASKS = '''\
import os
import tempfile
import time
from importlib.machinery import SourceFileLoader

import interphase
from interphase import Unit

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUTS = {"reduction_potential": "V", "oxidation_potential": "V", "li_binding": "eV", "broken_bonds": "1",
           "ring_opened": "1", "fragments": "1"}


def fail(code, why):
    raise {10: interphase.Failed, 11: interphase.OutOfResources}.get(code, interphase.Failure)(why)


@interphase.task("molecule.electrodes", outputs=OUTPUTS)
def electrodes(smiles: str, *, program: str, delay: float = 0.0):
    module = SourceFileLoader("evaluation", os.path.join(HERE, program)).load_module()
    time.sleep(delay)
    if program == "recall":
        row = module.row_of(smiles)
        if row["exit"] != "0":
            fail(int(row["exit"]), row["why"])
        return {name: float(row[name]) for name in OUTPUTS}
    try:
        with tempfile.TemporaryDirectory() as folder:
            return module.evaluate(smiles, folder)
    except module.Failure as why:
        fail(why.code, str(why))
'''


class Flagship(python_case.Case):
    def setUp(self):
        super().setUp()
        for name in ("additives.csv", "survey.csv", "evaluate"):
            shutil.copy(os.path.join(HOME, name), self.folder)
        self.write("recall", RECALL)
        os.chmod(self.path("recall"), 0o755)
        self.write("tasks.py", TASKS)
        self.program = "evaluate" if XTB else "recall"

    def define(self, name, trials, delay=0.0, connector=None):
        """The campaign file with another connector, one trial at a time: then what is decided depends on
        what was measured, and on nothing else."""
        with open(os.path.join(HOME, "campaign.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        ours = (f"connector: ./tasks.py\n    with: {{program: {self.program}, delay: {delay}}}" if connector == "python"
                else f"connector: command\n    with: {{run: [./{self.program}]}}")
        for pattern, new in ((r"connector: command\n    with: \{run: \[\./evaluate\]\}", ours),
                             (r"parallel: 2", "parallel: 1"), (r"trials: 25", f"trials: {trials}")):
            text, n = re.subn(pattern, new, text)
            self.assertEqual(n, 1, pattern)
        text = text.replace("    timeout: 5 min", "    timeout: 5 min\n    lease: 5 s\n    retry: {attempts: 3, backoff: 10 ms}")
        self.write(name + ".yaml", text)

    def measured(self, name):
        """What was chosen, and what it was measured to be, with all digits."""
        journal = name + ".journal"
        return (self.rows("select trial, numbers, state from trials order by trial", journal),
                self.rows("select trial, task, output, value, label, sd, unit from measurements order by trial, output", journal))

    def run_campaign(self, name, *words):
        agent = self.start("run", name + ".yaml", "--journal", name + ".journal", "--workers", "1", "--quiet", *words)
        try:
            out, err = agent.communicate(timeout=240 + 120 * XTB)
        finally:
            agent.kill()
        self.assertEqual(agent.returncode, 0, out + err)
        self.assertIn("identical to the bit", self.run_cli("replay", name + ".journal", "--verify"))

    def test_identical_measurements(self):
        trials = XTB or 40
        for name in ("command", "python"):
            self.define(name, trials, connector=name)
            self.run_campaign(name)
        command, python = self.measured("command"), self.measured("python")
        self.assertEqual(command, python)
        failed = sum(row[2] == "failed" for row in python[0])
        self.assertEqual(len(python[0]), trials)
        self.assertEqual(len(python[1]), 6 * (trials - failed))
        print(f"{trials} trials, {failed} failed, {len(python[1])} values, identical ({self.program})")

    @unittest.skipIf(XTB, "the killed one recalls")
    def test_killed_at_random(self):
        """How: SIGKILL to the worker at random moments of a campaign in which each trial takes 0.1 s or more; then
        everything chosen and measured is as in a campaign that nobody disturbed."""
        trials = max(25, KILLS)
        for name in ("calm", "killed"):
            self.define(name, trials, 0.1, "python")
        self.run_campaign("calm")
        draw, kills = random.Random(2), 0
        agent = self.start("run", "killed.yaml", "--journal", "killed.journal", "--workers", "1", "--quiet")
        while agent.poll() is None:
            try:  # The wait is the random moment itself.
                agent.wait(timeout=draw.uniform(0.3, 0.8))
            except subprocess.TimeoutExpired:
                pass
            workers = subprocess.run(["pgrep", "-P", str(agent.pid)], capture_output=True, text=True, check=False).stdout
            for pid in workers.split():
                if kills < KILLS:
                    try:
                        os.kill(int(pid), signal.SIGKILL)
                        kills += 1
                    except ProcessLookupError:
                        pass
        out, err = agent.communicate(timeout=60)
        self.assertEqual(agent.returncode, 0, out + err)
        self.assertGreaterEqual(kills, KILLS // 2, "finished before it was killed often enough")
        self.assertIn("identical to the bit", self.run_cli("replay", "killed.journal", "--verify"))
        self.assertEqual(self.measured("calm"), self.measured("killed"))
        again = self.rows("select count(*) from requests where epoch > 1", "killed.journal")[0][0]
        self.assertEqual(self.rows("select max(n) from (select count(*) n from measurements group by trial, output)",
                                   "killed.journal"), [(1,)])
        print(f"{kills} kills, {trials} trials, {again} requests had another attempt, none measured twice")


if __name__ == "__main__":
    unittest.main()
