"""A campaign whose agent, workers and stations are processes of their own, so that each may be killed: what the tests
of crash points and the soak share. Half of the work is repeatable, half moves matter; the station writes down
each move by itself, which no book of ours can do. SPDX-License-Identifier: GPL-3.0-or-later
"""
import collections
import glob
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time

import cli

STATION = os.path.join(cli.BUILD, "tests", "test_station.so")
WORKER = cli.PROGRAM + "-worker"
STARTED_UNKNOWN = 3  # itp_answer_kind

LAB = """\
campaign: lab
seed: %d
parameters:
  x1: {real: [-5, 10]}
  x2: {real: [0, 10]}
tasks:
  simulate: {connector: function, with: {name: branin, latency: %s, jitter: 80 %%},
             outputs: {y: {unit: "1"}}, lease: %s, retry: {attempts: 20, backoff: 50 ms}}
  station.weigh: {connector: "%s", class: physical, with: {takes: %d},
                  outputs: {value: {unit: "1"}}, lease: %s}
objectives: [{minimise: y}]
agent: {design: {sobol: %d}}
budget: {trials: %d}
"""


class Lab(cli.Case):
    """Processes by name; `play` keeps them alive and settles what only a person can."""

    def setUp(self):
        super().setUp()
        self.running, self.words, self.extra = {}, {}, {}
        self.told = {}  # y of each tell -> 1 acknowledged, 0 not known
        self.settled = collections.Counter()

    def stop(self):
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()

    def tearDown(self):
        self.stop()
        super().tearDown()

    def prepare(self, trials, seed=3, workers=2, stations=2, takes=15, lease="3 s", latency="20 ms"):
        self.write("lab.yaml", LAB % (seed, latency, lease, STATION, takes, lease, trials, trials))
        endpoint = f"ipc://{self.path('lab.socket')}"
        self.words["agent"] = [cli.PROGRAM, "run", "lab.yaml", "--workers", "0", "--listen", endpoint, "--quiet"]
        for kind, n, connector in (("worker", workers, "function"), ("station", stations, STATION)):
            for i in range(1, n + 1):
                name = f"{kind}-{i}"
                self.words[name] = [WORKER, "--connect", endpoint, "--connector", connector, "--name", name,
                                    "--state", self.path(name), "--slots", "2" if kind == "worker" else "1"]
                self.extra[name] = {"TEST_STATION_MOVES": self.path(name + ".moves")}

    def launch(self, name, **environment):
        log = open(self.path(name + ".log"), "a", encoding="utf-8")
        with log:
            self.running[name] = subprocess.Popen(self.words[name], cwd=self.folder, stdout=log, stderr=log,
                                                  env={**self.environment, **self.extra.get(name, {}), **environment})

    def log_of(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as handle:
            return handle.read()[-1500:]

    def raise_the_dead(self):
        """Starts again what was killed; True once the agent has ended by itself with 0."""
        for name, process in list(self.running.items()):
            code = process.poll()
            if code is None:
                continue
            if name == "agent" and code == 0:
                return True
            # A person's verb may have the journal just now: then the same command is given again.
            is_busy = name == "agent" and code == 3 and "in use by process" in self.log_of(name)[-300:]
            if code != -signal.SIGKILL and not is_busy:
                self.fail(f"{name} ended with {code}:\n{self.log_of(name)}")
            self.launch(name)
        return False

    def ask_journal(self, query):
        try:
            return self.rows(query, "lab.journal")
        except sqlite3.OperationalError:
            return []  # not there yet, or being recovered

    def moves(self):
        """request -> how often any station moved for it."""
        counts = collections.Counter()
        for path in glob.glob(self.path("*.moves")):
            with open(path, encoding="ascii") as handle:
                counts.update(int(line.split(".")[0]) for line in handle if line.endswith("\n"))
        return counts

    def say(self, *words):
        """A person's verb: True when it was acknowledged."""
        try:
            return subprocess.run([cli.PROGRAM, *words], cwd=self.folder, env=self.environment, capture_output=True,
                                  timeout=60, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def settle(self):
        """A person looks at the stations: what moved is measured by hand, the rest is asked for again."""
        doubts = self.ask_journal(
            "select distinct request from event where kind = 'answer' and json_extract(payload, '$.number') = "
            f"{STARTED_UNKNOWN} and request not in (select request from event where kind in ('result', 'resolved') "
            "and request is not null)")
        for (request,) in doubts:
            moved = self.moves()[request] > 0
            words = ["--as", "measured", "value=43"] if moved else ["--as", "requeue"]
            if self.say("resolve", "lab.journal", "--request", str(request), *words):
                self.settled[request] += 1

    def settle_dead(self):
        """What was attempted too often is held for a person, who has it done again."""
        try:
            out = subprocess.run([cli.PROGRAM, "status", "lab.journal", "--json"], cwd=self.folder, text=True,
                                 env=self.environment, capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return
        for request in json.loads(out.stdout)["open"] if out.returncode == 0 else []:
            if request["state"] == "held":
                self.say("resolve", "lab.journal", "--request", str(request["request"]), "--as", "requeue")

    def tell(self, number):
        """A measurement by hand whose value is found again by its number."""
        y = 1000 + number
        self.told[y] = int(self.say("tell", "lab.journal", "--at", f"x1={number % 1500 / 100 - 5}",
                                    f"x2={number % 997 / 100}", "--", f"y={y}", "value=1"))

    def be_the_person(self, over, tells):
        """On a thread of its own, since an agent that was stopped answers only when it goes on."""
        number, seen, since = 0, None, time.monotonic()
        while not over.wait(0.3):
            self.settle()
            if number < tells:
                number += 1
                self.tell(number)
            events = self.ask_journal("select max(seq) from event")
            if events != seen:
                seen, since = events, time.monotonic()
            elif time.monotonic() - since > 5:  # it stands still
                self.settle_dead()
                since = time.monotonic()

    def play(self, deadline_s, each=lambda: None, tells=0):
        """Until the campaign has finished; `each` is called about every 10 ms."""
        over = threading.Event()
        person = threading.Thread(target=self.be_the_person, args=(over, tells))
        person.start()
        try:
            end = time.monotonic() + deadline_s
            while not self.raise_the_dead():
                if time.monotonic() > end:
                    status = subprocess.run([cli.PROGRAM, "status", "lab.journal"], cwd=self.folder, text=True,
                                            env=self.environment, capture_output=True, timeout=60, check=False).stdout
                    self.fail("not finished in time\n" + status + "".join(map(self.log_of, self.words)))
                each()
                time.sleep(0.01)
            del self.running["agent"]
        finally:
            over.set()
            person.join()

    def check(self, trials):
        """What must hold whatever was killed."""
        self.stop()
        states = dict(self.ask_journal("select state, count(*) from trials group by state"))
        self.assertEqual(list(states), ["measured"], states)
        self.assertGreaterEqual(states["measured"], trials)
        self.assertEqual([], self.ask_journal(
            "select trial, task, count(*) n from measurements where output in ('y', 'value') and task is not null "
            "group by trial, task, output having n > 1"), "a trial was measured twice")
        # The station's own books: what it moved, it had written down; and never twice for one request.
        moves = self.moves()
        self.assertEqual({}, {r: n for r, n in moves.items() if n > 1}, "a physical request was started twice")
        written = set()
        for path in glob.glob(self.path("station-*/worker.db")):
            book = sqlite3.connect(path)
            begun = {r for (r,) in book.execute("select request from ledger where state >= 2")}
            self.assertFalse(written & begun, "two stations began one request")
            written |= begun
            kept = {r for (r,) in book.execute("select request from outbox where acked = 1 and idx = -1")}
            book.close()
            # What was acknowledged is in the journal.
            known = {r for (r,) in self.ask_journal("select request from event where kind in ('result', 'failure')")}
            self.assertEqual(set(), kept - known, "an acknowledged result is not in the journal")
        self.assertEqual(set(), set(moves) - written, "something moved that no ledger knows of")
        said = collections.Counter(int(y) for (y,) in self.ask_journal(
            "select value from measurements where output = 'y' and value >= 1000"))
        for y, acknowledged in self.told.items():
            self.assertIn(said[y], (1,) if acknowledged else (0, 1), f"the measurement told as {y}")
        self.assertIn("identical to the bit", self.run_cli("replay", "lab.journal", "--verify"))
