"""Ask, tell and people's verbs, with and without a running agent. SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import unittest

import cli

PERSON = """\
campaign: bench
parameters:
  x: {real: [0, 1]}
  salt: {categorical: [LiPF6, LiFSI]}
tasks:
  weigh: {outputs: {mass: {unit: mg}}}
objectives: [{maximise: mass}]
budget: {trials: 20}
"""


class People(cli.Case):
    def test_ask_and_tell_without_an_agent(self):
        self.write("bench.yaml", PERSON)
        answer = self.json("ask", "bench.yaml", "-n", "3", "--json")
        self.assertEqual([t["trial"] for t in answer["trials"]], [1, 2, 3])
        self.run_cli("tell", "bench.journal", "--trial", "1", "mass=1.5+-0.1 g")
        self.run_cli("tell", "bench.journal", "--trial", "2", "--failed", "dropped it")
        self.run_cli("tell", "bench.journal", "--at", "x=0.5", "salt=LiFSI", "--", "mass=700")
        self.assertIn("mol", self.run_cli("tell", "bench.journal", "--trial", "3", "mass=1 mol", code=3))
        state = self.json("status", "bench.journal", "--json")
        self.assertEqual((state["measured"], state["failed"], state["pending"]), (2, 1, 1))
        values = self.rows("select value, sd, unit from measurements order by trial", "bench.journal")
        self.assertEqual(values, [(1500.0, 100.0, "mg"), (700.0, None, "mg")])
        self.run_cli("retract", "bench.journal", "--trial", "1", "balance was off")
        self.assertEqual(self.json("status", "bench.journal", "--json")["measured"], 1)
        self.run_cli("replay", "bench.journal", "--verify")

    def test_verbs_reach_a_running_agent(self):
        self.write("branin.yaml", cli.BRANIN % (", latency: 200 ms", "", 1000, ""))
        process = self.start("run", "branin.yaml", "--workers", "2", "--json")
        for line in process.stdout:
            if '"result"' in line:
                break
        self.run_cli("pause", "branin.journal", "lunch")
        self.assertIn("paused already", self.run_cli("pause", "branin.journal", code=3))
        self.assertEqual(self.json("status", "branin.journal", "--json")["state"], "paused")
        self.run_cli("resume", "branin.journal")
        answer = self.json("ask", "branin.journal", "-n", "1", "--json")
        self.assertEqual(len(answer["trials"]) >= 1, True)
        self.assertIn("method", self.run_cli("status", "branin.journal", "--why", "1"))
        process.send_signal(15)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4)

    def test_two_agents_cannot_open_one_campaign(self):
        self.write("branin.yaml", cli.BRANIN % (", latency: 200 ms", "", 1000, ""))
        process = self.start("run", "branin.yaml", "--workers", "1", "--json")
        for line in process.stdout:
            if '"result"' in line:
                break
        out = self.run_cli("run", "branin.yaml", "--workers", "1", code=3)
        self.assertIn(str(process.pid), out)
        process.send_signal(2)
        process.communicate(timeout=60)

    def test_exports(self):
        self.write("branin.yaml", cli.BRANIN % ("", "", 5, ""))
        self.run_cli("run", "branin.yaml", "--workers", "1", "--quiet")
        table = self.run_cli("export", "branin.journal", "--format", "csv").splitlines()
        self.assertEqual(len(table), 6)
        self.assertIn("x1", table[0])
        for line in self.run_cli("export", "branin.journal", "--format", "json").splitlines():
            json.loads(line)
        self.run_cli("export", "branin.journal", "--format", "journal", "-o", "copy.journal")
        self.run_cli("replay", "copy.journal", "--verify")


if __name__ == "__main__":
    unittest.main()
