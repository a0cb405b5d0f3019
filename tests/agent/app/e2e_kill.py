"""SIGKILL of agent and workers at random moments; every trial is measured exactly once in the model.

ITP_KILLS=N kills N times (20 in CI, 200 for the bar). SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import random
import signal
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


if __name__ == "__main__":
    unittest.main()
