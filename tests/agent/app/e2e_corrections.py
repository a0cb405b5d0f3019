"""A simulation that fails is corrected and tried again, and everything says so. SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import os
import unittest

import cli

# Converges below a mixing of 0.2; says so only in its output, with exit code 0, and gives a number all the same.
PROGRAM = """\
#!/usr/bin/env python3
import json, sys
given = json.load(sys.stdin)
print("mixing is", given["mixing"])
if given["mixing"] > 0.2:
    print("SCF NOT CONVERGED in %d steps" % given["steps"])
if given["steps"] < 40 and given["x"] > 0.5:
    print("ran into max_steps", file=sys.stderr)
    sys.exit(3)
print(json.dumps({"y": given["x"] ** 2}))
"""

CAMPAIGN = """\
campaign: scf
parameters:
  x: {real: [0, 1]}
tasks:
  scf:
    connector: command
    with:
      run: [./scf]
      values: {mixing: 0.7, steps: 20}
      problems: {no_scf: "SCF NOT CONVERGED"}
    outputs: {y: {unit: "1"}}
    corrections:
      - {when: not_converged, change: {mixing: {scale: 0.5}}, at_most: 3}
      - {when: "into max_steps", change: {steps: {scale: 1.5}}, at_most: 3}
objectives: [{minimise: y}]
budget: {trials: 6}
"""


class Corrections(cli.Case):
    def test_a_campaign_of_failing_simulations_measures_all_and_says_why(self):
        self.write("scf", PROGRAM)
        os.chmod(self.path("scf"), 0o755)
        self.write("scf.yaml", CAMPAIGN)
        self.run_cli("run", "scf.yaml", "--workers", "2")
        self.assertEqual(self.rows("select count(*) from trials where state = 'measured'", "scf.journal"), [(6,)])
        made = [json.loads(m) for (m,) in self.rows(
            "select json_extract(payload, '$.correction') from event where kind = 'failure' order by seq", "scf.journal")]
        by_rule = {rule: [m for m in made if m["rule"] == rule] for rule in (1, 2)}
        self.assertEqual(len(by_rule[1]), 6 * 2)  # 0.7, 0.35, 0.175
        self.assertGreater(len(by_rule[2]), 0)    # 20, 30, 45
        self.assertEqual(len(by_rule[2]) % 2, 0)
        self.assertEqual({m["changed"]["steps"]["number"] for m in by_rule[2]}, {30, 45})
        for (told,) in self.rows("select json_extract(payload, '$.provenance') from event where kind = 'result'",
                                 "scf.journal"):
            corrections = json.loads(told)["corrections"]
            self.assertEqual([c["changed"]["mixing"]["to"] for c in corrections if c["rule"] == 1], [0.35, 0.175])
            self.assertIn("SCF NOT CONVERGED", corrections[0]["reason"])
        status = self.run_cli("status", "scf.journal")
        self.assertRegex(status, r"corrected \d+ times, in 6 requests")
        one = self.run_cli("status", "scf.journal", "1")
        self.assertIn("corrected (when not_converged, 1 of 3): mixing 0.7 -> 0.35", one)
        self.assertIn("identical to the bit", self.run_cli("replay", "scf.journal", "--verify"))

    def test_corrections_in_vain_leave_a_failed_trial(self):
        self.write("scf", PROGRAM)
        os.chmod(self.path("scf"), 0o755)
        text = CAMPAIGN.replace("[0, 1]", "[0, 0.4]").replace("0.5}}, at_most: 3", "0.5}}, at_most: 1")
        self.write("scf.yaml", text.replace("trials: 6", "trials: 1"))
        self.run_cli("run", "scf.yaml", "--workers", "1")
        self.assertEqual(self.rows("select state from trials", "scf.journal"), [("failed",)])
        self.assertEqual(self.rows("select count(*) from offers", "scf.journal"), [(2,)])


if __name__ == "__main__":
    unittest.main()
