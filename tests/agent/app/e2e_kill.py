"""SIGKILL of agent and workers at random moments; every trial is measured exactly once in the model.

ITP_KILLS=N kills N times (20 in CI, 200 for the bar). SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import random
import signal
import sqlite3
import subprocess
import unittest

import cli

KILLS = int(os.environ.get("ITP_KILLS", "20"))


class Kill(cli.Case):
    def workers(self, agent):
        out = subprocess.run(["pgrep", "-P", str(agent)], capture_output=True, text=True, check=False).stdout
        return [int(pid) for pid in out.split()]

    def test_nothing_is_lost(self):
        trials = max(40, 300 * KILLS // 200)
        self.write("branin.yaml", cli.BRANIN % (", latency: 300 ms", "", trials,
                                                f"agent: {{design: {{sobol: {trials}}}}}\n"))
        moments, kills, code = random.Random(1), 0, None
        while kills < KILLS and code != 0:
            agent = self.start("run", "branin.yaml", "--workers", "4", "--quiet")
            while kills < KILLS:
                try:  # The wait is the random moment itself: what is tested may happen at any.
                    code = agent.wait(timeout=moments.uniform(0.05, 0.6))
                    break
                except subprocess.TimeoutExpired:
                    pass
                victims = self.workers(agent.pid)
                victim = moments.choice([agent.pid] + victims)
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                kills += 1
                if victim == agent.pid:
                    break
            agent.communicate(timeout=240)
        self.run_cli("run", "branin.yaml", "--workers", "4", "--quiet")
        self.assertEqual(self.rows("select count(*) from trials where state = 'measured'"), [(trials,)])
        self.assertEqual(self.rows("select max(n) from (select count(*) n from measurements group by trial)"), [(1,)])
        self.assertIn("identical to the bit", self.run_cli("replay", "branin.journal", "--verify"))
        print(f"{kills} kills, {trials} trials, "
              f"{self.rows('select count(*) from event')[0][0]} events")

    def test_workers_that_do_not_come_back_are_given_up(self):
        """Four workers, then one: what is meant for the other three goes to it, not to nobody until a lease is over."""
        text = cli.BRANIN % (", latency: 50 ms", "", 60, "agent: {design: {sobol: 60}}\n")
        self.write("branin.yaml", text.replace("lease: 5 s", "lease: 10 min"))
        agent = self.start("run", "branin.yaml", "--workers", "4", "--quiet")
        while len(self.registered()) < 2:
            self.assertIsNone(agent.poll())
        agent.kill()
        agent.communicate()
        others = [worker for worker in self.registered() if worker != "local-1"]
        self.run_cli("run", "branin.yaml", "--workers", "1", "--quiet")
        self.assertEqual(self.rows("select count(*) from trials where state = 'measured'"), [(60,)])
        gone = [worker for worker, in self.rows("select worker from event where kind = 'worker_lost' order by worker")]
        self.assertEqual(gone, others)
        self.assertIn("identical to the bit", self.run_cli("replay", "branin.journal", "--verify"))

    def registered(self):
        try:
            rows = self.rows("select distinct worker from event where kind = 'worker_registered' order by worker")
        except sqlite3.OperationalError:  # no journal yet
            return []
        return [worker for worker, in rows]


if __name__ == "__main__":
    unittest.main()
