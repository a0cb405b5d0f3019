"""One worker, several campaigns: its slots are shared fairly, nobody starves, and idle slots are lent.
SPDX-License-Identifier: GPL-3.0-or-later"""
import unittest

import e2e_security

DESIGN = "agent: {design: {sobol: 200}, parallel: 8}\n"  # no model to wait for: always work to give


class Shared(e2e_security.Secure):
    def setUp(self):
        super().setUp()
        self.run_cli("enrol", "pool", "--connect", "tcp://127.0.0.1:1")

    def times(self, name):
        return [row[0] for row in self.rows("select at from event where kind = 'result' order by at",
                                            f"{name}.journal")]

    def run_both(self, slots, trials=60):
        a, at_a = self.begin(name="a", trials=trials, latency=", latency: 100 ms", more=DESIGN)
        b, at_b = self.begin(name="b", trials=trials, latency=", latency: 100 ms", more=DESIGN)
        self.worker("--key", "pool.key", "--connect", at_a, "--connect", at_b, "--slots", str(slots))
        for agent in (a, b):
            agent.wait(timeout=120)
            self.assertEqual(agent.returncode, 0, self.log())
        a, b = self.times("a"), self.times("b")
        self.assertEqual((len(a), len(b)), (trials, trials))
        return a, b

    def assert_fair(self, a, b):
        """While both were at work each got its half, within a fifth of it."""
        begin, end = max(a[0], b[0]), min(a[-1], b[-1])
        of_a, of_b = (sum(begin <= t <= end for t in times) for times in (a, b))
        self.assertLess(abs(of_a - of_b), 0.2 * (of_a + of_b) / 2 + 4, (of_a, of_b))

    def test_two_campaigns_share_four_slots(self):
        self.assert_fair(*self.run_both(4))

    def test_two_campaigns_share_one_slot(self):
        self.assert_fair(*self.run_both(1, trials=25))

    def test_slots_that_one_does_not_use_are_the_others(self):
        a, at_a = self.begin(name="a", trials=400, latency=", latency: 100 ms", more=DESIGN)
        b, at_b = self.begin(name="b", trials=100, latency=", latency: 100 ms", more=DESIGN)
        self.run_cli("pause", "a.journal")
        self.worker("--key", "pool.key", "--connect", at_a, "--connect", at_b, "--slots", "4")
        b.wait(timeout=120)
        slots = [row[0] for row in self.rows("select json_extract(payload, '$.number') from event where kind = 'worker_slots'", "b.journal")]
        self.assertIn(4, slots)
        self.run_cli("resume", "a.journal")
        self.until(a, '"result"')
        a.send_signal(2)
        a.wait(timeout=60)

    def test_an_agent_that_comes_back_finds_its_worker_and_the_other_never_noticed(self):
        a, at_a = self.begin(name="a", trials=40, latency=", latency: 100 ms", more=DESIGN)
        b, at_b = self.begin(name="b", trials=40, latency=", latency: 100 ms", more=DESIGN)
        self.worker("--key", "pool.key", "--connect", at_a, "--connect", at_b, "--slots", "2")
        self.until(a, '"result"')
        a.kill()
        a.wait(timeout=60)
        b.wait(timeout=120)
        self.assertEqual(b.returncode, 0)
        again = self.start("run", "a.yaml", "--workers", "0", "--listen", at_a, "--quiet")
        self.running.append(again)
        again.communicate(timeout=120)
        self.assertEqual(again.returncode, 0)
        for name in ("a", "b"):
            self.assertEqual(self.rows("select count(*) from measurements", f"{name}.journal"), [(40,)])
        self.assertEqual(self.rows("select count(*) from event where kind in ('worker_lost', 'lease_expired')",
                                   "b.journal"), [(0,)])


if __name__ == "__main__":
    unittest.main()
