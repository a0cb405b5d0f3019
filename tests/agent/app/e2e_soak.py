"""SIGKILL and SIGSTOP of agent, workers and stations at random moments, under load, while a person tells measurements.

ITP_KILLS=N kills N times, about 200 to a campaign (180 in CI; 5,000 for the bar, as `cmake --build DIR --target soak`);
ITP_SEED=N begins with another seed. What is checked stands in lab.py. SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import random
import signal
import time
import unittest

import lab

KILLS = int(os.environ.get("ITP_KILLS", "180"))
SEED = int(os.environ.get("ITP_SEED", "1"))
ROUND = 200  # kills a campaign


class Soak(lab.Lab):
    def torment(self, kills, moments):
        """A step of the torment: at most one blow a call, at random moments."""
        state = {"kills": 0, "stops": 0, "next": time.monotonic() + 0.5}
        stopped = {}  # name -> (process, when it goes on)

        def blow():
            now = time.monotonic()
            for name, (process, until) in list(stopped.items()):
                if now >= until:
                    del stopped[name]
                    if process.poll() is None:
                        process.send_signal(signal.SIGCONT)
            if now < state["next"] or state["kills"] >= kills:
                if state["kills"] >= kills:  # the campaign may end
                    for process, _ in stopped.values():
                        process.send_signal(signal.SIGCONT)
                    stopped.clear()
                return
            state["next"] = now + moments.uniform(0.01, 0.08)
            name = moments.choice(list(self.running))
            process = self.running[name]
            if process.poll() is not None:
                return
            what = moments.random()
            if what < 0.2 and name not in stopped:
                # Mostly a hiccup; sometimes past its lease, a zombie when it goes on.
                process.send_signal(signal.SIGSTOP)
                state["stops"] += 1
                stopped[name] = (process, now + (moments.uniform(3, 4) if what < 0.06 else moments.uniform(0, 0.5)))
            else:
                process.kill()
                process.wait()
                state["kills"] += 1

        return state, blow

    def one_campaign(self, kills, seed):
        moments = random.Random(seed)
        trials = max(30, 5 * kills // 2)
        self.prepare(trials, seed=seed)
        for name in self.words:
            self.launch(name)
        state, blow = self.torment(kills, moments)
        begin = time.monotonic()
        self.play(120 + 3 * kills, blow, tells=20)
        self.check(trials)
        events = self.ask_journal("select count(*) from event")[0][0]
        print(f"seed {seed}: {state['kills']} kills, {state['stops']} stops, {len(self.told)} told "
              f"({sum(self.told.values())} acknowledged), {len(self.settled)} settled by the person, "
              f"{sum(self.moves().values())} moves, {trials} trials, {events} events, "
              f"{time.monotonic() - begin:.0f} s", flush=True)
        return state["kills"]

    def test_nothing_is_lost(self):
        done, seed = 0, SEED
        while done < KILLS:
            done += self.one_campaign(min(ROUND, KILLS - done), seed)
            seed += 1
            if done < KILLS:  # a folder of its own for each campaign
                self.tearDown()
                self.setUp()


if __name__ == "__main__":
    unittest.main()
