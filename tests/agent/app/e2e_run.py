"""A campaign from its file to a verified replay. SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import os
import sqlite3
import subprocess
import time
import unittest

import cli


class Run(cli.Case):
    def replays(self, name):
        for workers in ("1", "4"):
            journal = f"{name}-{workers}.journal"
            self.run_cli("run", f"{name}.yaml", "--workers", workers, "--journal", journal)
            self.assertIn("identical to the bit", self.run_cli("replay", journal, "--verify"))

    def test_function_campaign_replays_to_the_bit_with_any_number_of_workers(self):
        for workers in ("1", "4"):
            with self.subTest(workers=workers):
                journal = f"branin-{workers}.journal"
                self.write("branin.yaml", cli.BRANIN % (", latency: 5 ms", "", 16, ""))
                out = self.run_cli("run", "branin.yaml", "--workers", workers, "--journal", journal)
                self.assertIn("budget: 16 trials", out)
                self.assertEqual(self.rows("select count(*) from trials where state = 'measured'", journal), [(16,)])
                out = self.run_cli("replay", journal, "--verify")
                self.assertRegex(out, r"\d+ decisions identical to the bit, 0 to 1e-6")

    def test_an_option_that_the_connector_does_not_take_is_said_before_anything_begins(self):
        self.write("branin.yaml", cli.BRANIN % (", nonsense: 1", "", 4, ""))
        for verb in ("check", "run"):
            out = self.run_cli(verb, "branin.yaml", code=2)
            self.assertRegex(out, r"branin.yaml:7:\d+: error: task f: connector function: nonsense")
        self.assertFalse(os.path.exists(self.path("branin.journal")))
        self.write("away.yaml", (cli.BRANIN % ("", "", 4, "")).replace("connector: function", "connector: far-away"))
        self.assertIn("could not be asked", self.run_cli("check", "away.yaml"))

    def test_a_table_campaign_replays_to_the_bit(self):
        self.write("data.csv", "a,b,y\n" + "".join(f"{a},{b},{(a - 3) ** 2 + b}\n" for a in range(7) for b in range(4)))
        self.write("table.yaml", """\
campaign: table
candidates: data.csv
parameters:
  a: {discrete: [0, 1, 2, 3, 4, 5, 6]}
  b: {discrete: [0, 1, 2, 3]}
tasks:
  look: {connector: table, with: {file: data.csv}, outputs: {y: {unit: "1"}}}
objectives: [{minimise: y}]
budget: {trials: 12}
""")
        self.replays("table")

    def test_a_command_campaign_replays_to_the_bit(self):
        self.write("square.sh", "#!/bin/sh\n"
                   "x=$(sed 's/.*\"x\": *\\([-0-9.e]*\\).*/\\1/')\n"
                   "awk -v x=\"$x\" 'BEGIN { if (x > 0.9) exit 10; printf \"{\\\"y\\\": %.17g}\\n\", (x - 0.3)^2 }'\n")
        os.chmod(self.path("square.sh"), 0o755)
        self.write("command.yaml", """\
campaign: command
parameters:
  x: {real: [0, 1]}
tasks:
  square: {connector: command, with: {run: [./square.sh]}, outputs: {y: {unit: "1"}}}
objectives: [{minimise: y}]
budget: {trials: 10}
""")
        self.replays("command")
        measured, failed = self.rows("select sum(state = 'measured'), sum(state = 'failed') from trials",
                                     "command-4.journal")[0]
        self.assertEqual(measured + failed, 10)
        self.assertGreaterEqual(measured, 6)

    def test_a_changed_byte_is_named(self):
        self.write("branin.yaml", cli.BRANIN % ("", "", 6, ""))
        self.run_cli("run", "branin.yaml", "--workers", "1")
        connection = sqlite3.connect(self.path("branin.journal"))
        triggers = connection.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'drop trigger "{name}"')
        seq, payload = connection.execute("select seq, payload from event where kind = 'result' limit 1").fetchone()
        connection.execute("update event set payload = ? where seq = ?", (payload.replace("3", "4", 1), seq))
        connection.commit()
        connection.close()
        out = self.run_cli("replay", "branin.journal", "--verify", code=3)
        self.assertIn(f"event {seq}", out)

    def test_a_request_says_the_same_wherever_its_campaign_is_resumed(self):
        """Begun beside the campaign, gone on with from the folder above, the journal in a third: options and base."""
        for folder in ("lab", "books"):
            os.mkdir(self.path(folder))
        self.write("lab/evaluate", "#!/bin/sh\nsleep 0.3\necho '{\"y\": 1}'\n")
        os.chmod(self.path("lab/evaluate"), 0o755)
        self.write("lab/film.yaml", "campaign: film\nparameters: {x: {real: [0, 1]}}\ntasks:\n  t: {connector: command, "
                   "with: {run: [./evaluate]}, outputs: {y: {unit: '1'}}}\nobjectives: [{minimise: y}]\n"
                   "agent: {design: {sobol: 8}}\nbudget: {trials: 8}\n")
        first = subprocess.Popen([cli.PROGRAM, "run", "film.yaml", "--journal", "../books/film.journal", "--quiet"],
                                 cwd=self.path("lab"), env=self.environment)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.rows("select count(*) from event where kind = 'result'", "books/film.journal") > [(1,)]:
                    break
            except sqlite3.OperationalError:
                pass
            time.sleep(0.05)
        first.kill()
        first.wait()
        self.run_cli("run", "lab/film.yaml", "--journal", "books/film.journal", "--quiet")
        self.assertEqual(self.rows("select state, count(*) from trials group by state", "books/film.journal"),
                         [("measured", 8)])
        programs = self.rows("select distinct json_extract(json_extract(payload, '$.provenance'), '$.notes.program') "
                             "from event where kind = 'result'", "books/film.journal")
        self.assertEqual(programs, [(os.path.realpath(self.path("lab/evaluate")),)])
        self.assertIn("verified", self.run_cli("replay", "books/film.journal", "--verify"))

    def test_interrupted_and_resumed(self):
        self.write("branin.yaml", cli.BRANIN % (", latency: 100 ms", "", 12, ""))
        process = self.start("run", "branin.yaml", "--workers", "1", "--json")
        for line in process.stdout:  # The first result is on disk: now interrupt.
            if '"result"' in line:
                break
        process.send_signal(2)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4)
        out = self.run_cli("run", "branin.yaml", "--workers", "2")
        self.assertIn("budget: 12 trials", out)
        self.assertEqual(self.rows("select count(*) from trials where state = 'measured'"), [(12,)])
        self.assertIn("identical to the bit", self.run_cli("replay", "branin.journal", "--verify"))

    def test_more_budget_continues_a_finished_campaign(self):
        self.write("branin.yaml", cli.BRANIN % ("", "", 4, ""))
        self.run_cli("run", "branin.yaml", "--workers", "1")
        events = self.rows("select count(*) from event")
        self.assertIn("budget: 4 trials", self.run_cli("run", "branin.yaml", "--workers", "1"))
        self.assertEqual(self.rows("select count(*) from event"), events)
        self.write("branin.yaml", cli.BRANIN % ("", "", 7, ""))
        self.assertIn("budget: 7 trials", self.run_cli("run", "branin.yaml", "--workers", "1"))
        self.write("branin.yaml", cli.BRANIN.replace("[-5, 10]", "[-4, 10]") % ("", "", 7, ""))
        self.assertIn("x1", self.run_cli("run", "branin.yaml", "--workers", "1", code=3))

    def test_a_summary_without_a_model_is_json_too(self):
        """Beyond 2000 trials that no decision modelled, none is fitted to sum up: the sd is not known."""
        self.write("long.yaml", cli.BRANIN.replace("campaign: branin", "campaign: long")
                   % ("", "", 2001, "agent: {design: {sobol: 2001}}\n"))
        said = self.run_cli("run", "long.yaml", "--workers", "1", "--json").splitlines()[-1]
        for best in (json.loads(said)["summary"]["best"],
                     json.loads(self.run_cli("status", "long.journal", "--json"))["best"]):
            self.assertIsNone(best["sd"])
            self.assertLess(best["mean"], 1)

    def test_a_broken_campaign_is_explained(self):
        self.write("broken.yaml", "campaign: b\nparameterz: {x: {real: [0, 1]}}\n")
        out = self.run_cli("run", "broken.yaml", code=2)
        self.assertIn("broken.yaml:2:1", out)
        self.assertIn("parameters", out)

    def test_a_connector_that_does_not_exist_is_named_and_the_campaign_stops(self):
        self.write("branin.yaml", cli.BRANIN.replace("connector: function", "connector: nosuch") % ("", "", 4, ""))
        out = self.run_cli("run", "branin.yaml", "--workers", "1", code=3)
        self.assertIn("nosuch", out)


if __name__ == "__main__":
    unittest.main()
