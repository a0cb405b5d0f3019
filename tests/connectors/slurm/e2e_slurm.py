"""Campaigns through a real Slurm of one node: `cluster run python3 e2e_slurm.py`.

INTERPHASE_SLURM_TRIALS=100 INTERPHASE_SLURM_XTB=1 is the full size: xTB on additives (campaigns/sei-additives).
SPDX-License-Identifier: GPL-3.0-or-later"""
import csv
import glob
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["ITP_SOURCE_DIR"], "tests", "agent", "app"))
import cli  # noqa: E402

TRIALS = int(os.environ.get("INTERPHASE_SLURM_TRIALS", "12"))
XTB = os.environ.get("INTERPHASE_SLURM_XTB") == "1"
PATIENCE_S = 900 if XTB else 240

# Notes each run, takes too much memory in one trial for as long as that takes to be seen, then does what it is for.
PROGRAM = """\
#!/usr/bin/env python3
import json, os, subprocess, sys, time
text = sys.stdin.read()
given = json.loads(text)
with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "starts"), "a") as log:
    log.write(json.dumps([given["who"], os.environ.get("SLURM_JOB_ID")]) + "\\n")
if given["who"] == given["hungry"]:
    much = bytearray(int(given["much"]) << 20)
    time.sleep(3)
    del much
if given["program"] != "none":
    sys.exit(subprocess.run([given["program"]], input=json.dumps({"smiles": given["who"]}), text=True).returncode)
time.sleep(float(given["lasts"]))
print(json.dumps({"y": len(given["who"])}))
"""

CAMPAIGN = """\
campaign: batch
candidates: who.csv
tasks:
  look:
    connector: slurm
    with:
      run: [./program]
      values: {hungry: "HUNGRY", much: MUCH, program: "WHAT", lasts: 0.5}
      resources: {time: 30 min, memory: MEMORY MB}
    inputs: [who]
    outputs: OUTPUTS
    noise: none
    corrections: [{when: memory, change: {memory: {scale: 4}}, at_most: 2}]
objectives: [{maximise: BEST}]
agent: {design: {random: TRIALS}, parallel: PARALLEL}
budget: {trials: TRIALS}
"""
XTB_OUTPUTS = """
      reduction_potential: {unit: V}
      oxidation_potential: {unit: V}
      li_binding: {unit: eV}
      broken_bonds: {unit: "1"}
      ring_opened: {unit: "1"}
      fragments: {unit: "1"}"""


class Slurm(cli.Case):
    def setUp(self):
        super().setUp()
        self.write("program", PROGRAM)
        os.chmod(self.path("program"), 0o755)
        self.write("starts", "")

    def cluster(self, verb):
        subprocess.run([os.environ["SLURM_TEST_CLUSTER"], verb, os.environ["SLURM_TEST_DIR"]], check=True, timeout=120)

    def campaign(self, trials, who, **words):
        """Candidates are words; with xTB they are SMILES."""
        with open(self.path("who.csv"), "w", newline="", encoding="utf-8") as handle:
            csv.writer(handle).writerows([["who", "size"], *([w, len(w) + i / 1000] for i, w in enumerate(who))])
        text = CAMPAIGN
        settings = {"HUNGRY": "nobody", "MUCH": "150", "WHAT": "none", "MEMORY": "60", "OUTPUTS": '{y: {unit: "1"}}',
                    "BEST": "y", "TRIALS": str(trials), "PARALLEL": "6", **words}
        for word, value in settings.items():
            text = text.replace(word, value)
        self.write("batch.yaml", text)

    def run_agent(self):
        return self.start("run", "batch.yaml", "--workers", "1", "--quiet", start_new_session=True)

    def count(self, query):
        try:
            return self.rows(query, "batch.journal")[0][0]
        except sqlite3.OperationalError:
            return 0

    def until(self, query, least, process=None):
        deadline = time.monotonic() + PATIENCE_S
        while self.count(query) < least:
            self.assertLess(time.monotonic(), deadline, f"{query} stays below {least}\n{self.logs()}")
            if process is not None and process.poll() is not None:
                self.fail(f"the agent ended: {process.communicate()}")
            time.sleep(0.1)

    def logs(self):
        place = self.path("batch.journal.workers/local-slurm.log")
        if not os.path.exists(place):
            return ""
        with open(place, encoding="utf-8") as log:
            return log.read()[-2000:]

    def kill(self, process):
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def finish(self, process):
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, f"{out}\n{err}\n{self.logs()}")

    def starts(self):
        with open(self.path("starts"), encoding="utf-8") as log:
            return [json.loads(line) for line in log]

    def until_saved(self):
        """slurmctld writes its state some seconds late; one killed before gives the same job numbers away once more, and
        its own slurmd does not start such jobs. (The connector gives those up after a minute; not in this test.)"""
        ids = glob.glob(self.path("batch.journal.workers/local-slurm/work/*/batches/*/id"))
        last = max(os.path.getmtime(path) for path in ids)
        deadline = time.monotonic() + 60
        while os.path.getmtime(os.path.join(os.environ["SLURM_TEST_DIR"], "state", "job_state")) <= last:
            self.assertLess(time.monotonic(), deadline, "slurmctld does not save its state")
            time.sleep(0.1)

    MEASURED = "select count(distinct trial) from measurements"

    def test_killed_agents_a_killed_controller_and_too_little_memory(self):
        if XTB:
            source = os.path.join(cli.SOURCE, "campaigns", "sei-additives")
            with open(os.path.join(source, "survey.csv"), encoding="utf-8") as handle:
                who = [row["smiles"] for row in csv.DictReader(handle) if row["reduction_potential"]][:TRIALS]
            self.campaign(TRIALS, who, HUNGRY=who[0], MUCH="1200", WHAT=os.path.join(source, "evaluate"), MEMORY="800",
                          OUTPUTS=XTB_OUTPUTS, BEST="reduction_potential", PARALLEL="8")
        else:
            who = [f"candidate-{i}" for i in range(TRIALS)]
            self.campaign(TRIALS, who, HUNGRY=who[0])
        agent = self.run_agent()
        self.until(self.MEASURED, TRIALS // 5, agent)
        self.kill(agent)
        agent = self.run_agent()
        self.until(self.MEASURED, TRIALS // 3, agent)
        self.kill(agent)
        self.until_saved()
        self.cluster("kill-controller")
        agent = self.run_agent()
        time.sleep(3)  # the agent meets a Slurm that does not answer; how long it does not is no event
        self.cluster("start-controller")
        self.finish(agent)

        rows = lambda query: self.rows(query, "batch.journal")  # noqa: E731
        self.assertEqual(rows(self.MEASURED), [(TRIALS,)])
        self.assertEqual(rows("select count(*) from trials where state = 'measured'"), [(TRIALS,)])
        twice = rows("select trial, output, count(*) from measurements group by 1, 2 having count(*) > 1")
        self.assertEqual(twice, [])
        corrected = rows("select request, json_extract(payload, '$.correction.changed.memory.number') from event "
                         "where json_extract(payload, '$.correction') is not null")
        self.assertGreaterEqual(len(corrected), 1, "the escalation is in the journal")
        told = [json.loads(p) for (p,) in rows("select json_extract(payload, '$.provenance') from event "
                                               "where kind = 'result' and json_extract(payload, '$.ack') is null")]
        escalated = [p for p in told if p.get("corrections")]
        self.assertGreaterEqual(len(escalated), 1, "and in the measurement's provenance")
        self.assertTrue(all(c["rule"] == 1 and c["cause"] == "resource" for p in escalated for c in p["corrections"]))
        # A program starts once for each request, and once more only for an attempt whose failure is in the journal.
        failures = rows("select count(*) from event where kind = 'failure'")[0][0]
        starts = self.starts()
        self.assertEqual(len({name for name, _ in starts}), TRIALS)
        self.assertLessEqual(len(starts), TRIALS + failures)
        self.assertIn("identical to the bit", self.run_cli("replay", "batch.journal", "--verify"))
        print(f"{TRIALS} measured, none twice; {len(starts)} starts, {failures} failures of attempts, "
              f"{len(corrected)} escalations", file=sys.stderr)

    def test_a_lost_node_costs_an_attempt_not_a_trial(self):
        self.campaign(2, ["a", "bb"])
        with open(self.path("batch.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        self.write("batch.yaml", text.replace("lasts: 0.5", "lasts: 6"))
        agent = self.run_agent()
        deadline = time.monotonic() + PATIENCE_S
        while len(self.starts()) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        scontrol = ["scontrol", "update", "NodeName=localhost", "State=DOWN", "Reason=test"]
        subprocess.run(scontrol, check=True, timeout=60)
        self.until("select count(*) from event where kind = 'failure'", 2, agent)
        scontrol[3:] = ["State=RESUME"]  # refused where slurmd has brought it back by itself
        subprocess.run(scontrol, check=False, timeout=60)
        self.finish(agent)
        causes = self.rows("select distinct json_extract(payload, '$.cause') from event where kind = 'failure'", "batch.journal")
        self.assertEqual(causes, [("worker_lost",)])
        self.assertEqual(self.rows(self.MEASURED, "batch.journal"), [(2,)])

    def test_what_is_cancelled_leaves_the_queue(self):
        self.campaign(2, ["a", "bb"])
        with open(self.path("batch.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        self.write("batch.yaml", text.replace("lasts: 0.5", "lasts: 600"))
        agent = self.run_agent()
        deadline = time.monotonic() + PATIENCE_S
        while len(self.starts()) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.run_cli("cancel", "batch.journal", "--trial", "1")
        while self.queue() > 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.queue(), 1)
        self.run_cli("cancel", "batch.journal", "--trial", "2")
        while self.queue() > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.queue(), 0)
        self.kill(agent)

    def queue(self):
        out = subprocess.run(["squeue", "--noheader", "--array"], check=True, capture_output=True, text=True, timeout=60)
        return len(out.stdout.split("\n")) - 1

    def test_a_worker_inside_an_allocation_connects_home(self):
        """Its connector is `command`: the job is the worker's, not the request's."""
        self.campaign(3, ["a", "bb", "ccc"])
        with open(self.path("batch.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        text = text.replace("connector: slurm", "connector: command").replace(
            "      resources: {time: 30 min, memory: 60 MB}\n", "").replace(
            "    corrections: [{when: memory, change: {memory: {scale: 4}}, at_most: 2}]\n", "")
        self.write("batch.yaml", text)
        endpoint = "ipc://" + self.path("home.socket")
        agent = self.start("run", "batch.yaml", "--workers", "0", "--listen", endpoint, "--quiet", start_new_session=True)
        worker = (f"exec {cli.PROGRAM} worker --connect {endpoint} --connector command --name slurm-$SLURM_JOB_ID "
                  f"--slots ${{SLURM_CPUS_ON_NODE:-1}} --allow ./program --base {self.folder} --state {self.path('state')}")
        subprocess.run(["sbatch", "--parsable", "--cpus-per-task=2", "--time=10", "--output=" + self.path("worker.log"),
                        "--wrap", worker], check=True, timeout=60, cwd=self.folder)
        self.finish(agent)
        workers = self.rows("select distinct worker from event where kind = 'result'", "batch.journal")
        self.assertEqual([name.startswith("slurm-") for (name,) in workers], [True])
        subprocess.run(["scancel", "-u", str(os.getuid())], check=True, timeout=60)


if __name__ == "__main__":
    unittest.main()
