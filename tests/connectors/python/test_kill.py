"""The Python worker is killed at random, and the processes of its slots with it; every trial is measured once.

ITP_KILLS=N kills N times (12 in CI; 50 and more for the bar). SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import random
import signal
import subprocess
import unittest

import python_case

KILLS = int(os.environ.get("ITP_KILLS", "12"))


def children(pid):
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in out.split()]


class Kill(python_case.Case):
    def test_nothing_is_lost(self):
        """How: SIGKILL to a worker or to a slot's process, at random moments, while each trial takes 0.2 s."""
        trials = max(40, 5 * KILLS)
        self.write_campaign(trials, 0.2, more=f"agent: {{design: {{sobol: {trials}}}}}\n")
        draw, kills, code = random.Random(1), {"worker": 0, "slot": 0}, None
        agent = self.start("run", "branin.yaml", "--workers", "2", "--slots", "2", "--quiet")
        while sum(kills.values()) < KILLS:
            try:  # The wait is the random moment itself: what is tested may happen at any.
                code = agent.wait(timeout=draw.uniform(0.1, 0.9))
                break
            except subprocess.TimeoutExpired:
                pass
            workers = children(agent.pid)
            slots = [pid for worker in workers for pid in children(worker)]
            kind = draw.choice(["worker", "worker", "slot"])
            victims = workers if kind == "worker" else slots
            if victims:
                try:
                    os.kill(draw.choice(victims), signal.SIGKILL)
                    kills[kind] += 1
                except ProcessLookupError:
                    pass
        out, err = agent.communicate(timeout=240)
        if agent.returncode != 0:
            self.fail(f"{agent.returncode}\n{out}\n{err}")
        self.assertEqual(self.rows("select count(*) from trials where state = 'measured'"), [(trials,)])
        self.assertEqual(self.rows("select max(n) from (select count(*) n from measurements group by trial)"), [(1,)])
        self.assertIn("identical to the bit", self.run_cli("replay", "branin.journal", "--verify"))
        left = subprocess.run(["pgrep", "-f", self.folder], capture_output=True, text=True, check=False).stdout
        self.assertEqual(left, "", "processes are left running")
        print(f"{kills['worker']} workers and {kills['slot']} slots killed, {trials} trials, finished {code is not None}")


if __name__ == "__main__":
    unittest.main()
