"""Each named crash point of connectors/base/crash.h: the process dies there, is started again, and nothing is lost.

ITP_CRASHES=N meets each point N times (1 in CI; 2 for the bar). What is checked stands in lab.py; a point that is never
met fails, so that none can be forgotten. SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import re
import signal
import time
import unittest

import cli
import lab

TIMES = int(os.environ.get("ITP_CRASHES", "1"))
ONLY = os.environ.get("ITP_CRASH_POINT", "")
TRIALS = 5

with open(os.path.join(cli.SOURCE, "connectors", "base", "crash.h"), encoding="utf-8") as header:
    POINTS = re.findall(r'X\(\w+, "([a-z.-]+)"\)', header.read())


class Crash(lab.Lab):
    def arm(self, name, point, count):
        """Starts a process that dies at the point; what follows it lives."""
        self.launch(name, ITP_CRASH=f"{point}:{count}")
        self.armed = self.running[name]

    def wait_for(self, query, least=1):
        end = time.monotonic() + 60
        while len(self.ask_journal(query)) < least:
            self.assertLess(time.monotonic(), end, f"never: {query}")
            time.sleep(0.005)

    def kill(self, name):
        self.running[name].kill()
        self.running[name].wait()

    def begin(self, armed, point, count):
        for name in ("agent", "worker-1", "station-1"):
            if name == armed:
                self.arm(name, point, count)
            else:
                self.launch(name)

    def wait_for_move(self):
        self.wait_for("select 1 from event where kind = 'started'")

    # How to come by a point that a quiet campaign does not pass; each leaves its armed process running.
    def query(self, name, point):
        """The agent dies while the station moves, and asks when it is back."""
        self.begin("station-1" if name == "station-1" else None, point, 1)
        self.wait_for_move()
        self.kill("agent")
        if name == "agent":
            self.arm("agent", point, 1)

    def refusal(self, _name, point):
        """The agent dies between the commit of ACCEPT and START: the station refuses, durably, that it ever starts."""
        self.launch("agent", ITP_CRASH="agent.before-start:1")
        self.launch("worker-1")
        self.arm("station-1", point, 1)

    def close(self, _name, point):
        """The station dies in the middle of a move; a person's word closes its book."""
        self.begin(None, point, 1)
        self.wait_for_move()
        self.kill("station-1")
        self.arm("station-1", point, 1)

    def cancel(self, _name, point):
        """A worker stops past its lease."""
        self.begin("agent", point, 1)
        self.wait_for("select 1 from measurements where output = 'y'")
        self.running["worker-1"].send_signal(signal.SIGSTOP)
        self.wait_for("select 1 from event where kind = 'lease_expired'")
        self.running["worker-1"].send_signal(signal.SIGCONT)

    def reply(self, _name, point):
        self.begin("agent", point, 1)
        self.wait_for("select 1 from event where kind = 'worker_registered'")
        self.tell(1)

    def outbox(self, _name, point):
        """An agent that does not answer: the worker keeps its results on disk."""
        self.begin("worker-1", point, 1)
        self.wait_for("select 1 from measurements where output = 'y'")
        self.running["agent"].send_signal(signal.SIGSTOP)
        try:
            self.armed.wait(timeout=30)
        finally:
            self.running["agent"].send_signal(signal.SIGCONT)

    def meet(self, point, turn):
        room, what = point.split(".")
        name = {"journal": "agent", "agent": "agent", "worker": "worker-1", "outbox": "worker-1"}.get(room, "station-1")
        ways = {"query": self.query, "answer": self.query, "refusal": self.refusal, "close": self.close,
                "cancel": self.cancel, "reply": self.reply}
        way = self.outbox if room == "outbox" else ways.get(what.split("-", 1)[1])
        takes = 400 if way == self.reply else 200 if way in (self.query, self.close) else 10
        latency = "1 s" if way == self.outbox else "20 ms"  # so that results are still to come when the agent stops
        self.prepare(TRIALS, seed=3 + turn, workers=1, stations=1, takes=takes, lease="1500 ms", latency=latency)
        if way:
            way(name, point)
        else:
            self.begin(name, point, 1 + 2 * turn)
        self.play(120)
        self.assertEqual(self.armed.poll(), -signal.SIGKILL, f"{point} was never met")
        self.check(TRIALS)

    def test_every_point(self):
        self.assertGreater(len(POINTS), 30)
        for point in POINTS:
            for turn in range(TIMES):
                if ONLY not in point:
                    continue
                with self.subTest(point=point, turn=turn):
                    begin = time.monotonic()
                    self.meet(point, turn)
                    print(f"{point} {turn}: {time.monotonic() - begin:.1f} s", flush=True)
                self.tearDown()
                self.setUp()


if __name__ == "__main__":
    unittest.main()
