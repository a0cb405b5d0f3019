"""What a real Slurm does only after minutes or by accident, with a pretended one (pretended/slurm): a time limit that is
raised, a job that squeue has forgotten, an sbatch of which nobody knows whether it arrived.
SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["ITP_SOURCE_DIR"], "tests", "agent", "app"))
import cli  # noqa: E402

CAMPAIGN = """\
campaign: batch
parameters: {x: {real: [0, 1]}}
tasks:
  look:
    connector: slurm
    with: {run: [./program], values: {lasts: LASTS}, resources: {time: TIME s}}
    outputs: {y: {unit: "1"}}
    retry: {attempts: 2, backoff: 100 ms}
    corrections: [{when: timeout, change: {time: {scale: 4}}, at_most: 2}]
objectives: [{maximise: y}]
agent: {design: {sobol: 1}, parallel: 1}
budget: {trials: 1}
"""


class Pretended(cli.Case):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("slurm"))
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pretended")
        self.environment.update(PRETEND=self.path("slurm"), PATH=here + os.pathsep + os.environ["PATH"])
        self.write("program", "#!/bin/sh\necho run >>\"$PRETEND/runs\"\nread given\n"
                              "sleep $(echo \"$given\" | sed 's/.*\"lasts\": *\\([0-9.]*\\).*/\\1/')\necho '{\"y\": 1}'\n")
        os.chmod(self.path("program"), 0o755)

    def run_campaign(self, lasts, time, *marks):
        for mark in marks:
            self.write(os.path.join("slurm", mark), "")
        self.write("batch.yaml", CAMPAIGN.replace("LASTS", str(lasts)).replace("TIME", str(time)))
        self.run_cli("run", "batch.yaml", "--workers", "1", "--quiet")
        self.assertEqual(self.rows("select state from trials", "batch.journal"), [("measured",)])
        self.assertIn("identical to the bit", self.run_cli("replay", "batch.journal", "--verify"))

    def lines(self, name):
        with open(self.path(os.path.join("slurm", name)), encoding="utf-8") as handle:
            return handle.read().splitlines()

    def submitted(self):
        """The time limit of each job that sbatch was asked for."""
        return [next(w for w in line.split() if w.startswith("--time=")) for line in self.lines("calls")
                if line.startswith("sbatch")]

    def failures(self):
        return self.rows("select json_extract(payload, '$.cause') from event where kind = 'failure'", "batch.journal")

    def test_a_time_limit_is_raised_after_a_time_out(self):
        self.run_campaign(2, 5)  # half a second, then two
        self.assertEqual(self.submitted()[:1], ["--time=0:00:05"])
        self.assertIn(self.submitted()[1:], (["--time=0:00:20", "--time=0:01:20"], ["--time=0:00:20"]))
        self.assertEqual(set(self.failures()), {("timeout",)})
        told = json.loads(self.rows("select json_extract(payload, '$.provenance') from event where kind = 'result'",
                                    "batch.journal")[0][0])
        self.assertEqual({c["cause"] for c in told["corrections"]}, {"timeout"})

    def test_what_squeue_has_forgotten_the_completion_record_knows(self):
        self.run_campaign(2, 5, "forget")
        self.assertEqual(set(self.failures()), {("timeout",)}, "the record said TIMEOUT")
        self.assertTrue(any(line.startswith("scontrol show config") for line in self.lines("calls")))

    def test_a_job_that_arrived_although_sbatch_failed_is_found_by_its_name(self):
        self.run_campaign(1, 600, "mute")
        self.assertEqual(len(self.submitted()), 1, "it was submitted twice")
        self.assertEqual(self.lines("runs"), ["run"])
        self.assertEqual(self.failures(), [])

    def test_one_that_did_not_arrive_is_submitted_again(self):
        self.run_campaign(0.1, 600, "deaf")
        self.assertEqual(len(self.submitted()), 2)
        self.assertEqual(self.lines("runs"), ["run"])
        self.assertEqual(self.failures(), [])


if __name__ == "__main__":
    unittest.main()
