"""An agent killed while work runs: the next one takes that work over as it is. No request is attempted again while its
lease holds, and what runs is waited for, not cancelled. SPDX-License-Identifier: GPL-3.0-or-later
"""
import time
import unittest

import lab


class Recovery(lab.Lab):
    def test_running_work_is_adopted(self):
        self.prepare(6, workers=2, stations=1, takes=1500, lease="60 s")
        with open(self.path("lab.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        self.write("lab.yaml", text.replace("latency: 20 ms, jitter: 80 %", "latency: 1500 ms"))
        for name in self.words:
            self.launch(name)
        kills = 0

        def strike():
            """In the middle of what runs: three times, each once more results are there."""
            nonlocal kills
            started = self.ask_journal("select count(*) from event where kind = 'result'")
            if started and started[0][0] >= 2 * kills + 1 and kills < 3 and self.running["agent"].poll() is None:
                time.sleep(0.4)
                self.running["agent"].kill()
                self.running["agent"].wait()
                kills += 1

        self.play(120, strike)
        self.assertEqual(kills, 3)
        self.check(6)
        # One attempt each. A result whose acknowledgement died with the agent is offered again, and counts once.
        self.assertEqual([(12, 1)], self.ask_journal(
            "select count(distinct request), max(epoch) from event where kind = 'result'"))
        self.assertEqual([(0,)], self.ask_journal(
            "select count(*) from event where kind in ('lease_expired', 'declined', 'failure')"))
        self.assertEqual(set(self.moves().values()), {1})


if __name__ == "__main__":
    unittest.main()
