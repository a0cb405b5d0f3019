"""SAFE_STOP: on a line of its own, acknowledged, and lifted by a person alone. SPDX-License-Identifier: GPL-3.0-or-later"""
import signal
import unittest

import stations


class SafeStop(stations.Case):
    def start_one(self, **campaign):
        self.campaign(**campaign)
        agent = self.agent()
        station = self.station()
        self.until_state("started")
        return agent, station

    def status(self):
        return self.run_cli("status", "film.journal")

    def test_it_stops_what_moves_and_nothing_begins_until_a_person_says_ready(self):
        agent, _ = self.start_one(trials=2)
        out = self.run_cli("safe-stop", "film.journal", "--station", "bench-1", "smoke", "--by", "ada")
        self.assertIn("bench-1: stopped", out)
        self.until_state("held")
        self.assertIn("NOT READY, stopped for safety by ada: smoke", self.status())
        self.assertEqual(self.request()["why"], "stopped for safety")
        self.run_cli("pause", "film.journal")
        self.run_cli("resume", "film.journal")  # The campaign goes on; the station does not.
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "requeue", "--by", "ada")
        self.until_state("queued", 2)
        self.assertEqual(self.moved(), [1])
        self.run_cli("ready", "film.journal", "--station", "bench-1", "aired", "--by", "bob")
        self.until_state("started", 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2, 3])
        words = self.rows("select worker, json_extract(payload, '$.text') from event "
                          "where kind in ('safe_stopped', 'ready') order by seq", "film.journal")
        self.assertEqual(words, [("bench-1", "ada: smoke"), ("bench-1", "bob: aired")])
        self.assertEqual(self.rows("select count(*) from trials where state = 'infeasible'", "film.journal"), [(0,)])

    def test_only_the_station_that_is_named(self):
        self.campaign(trials=2, more="")
        agent = self.agent()
        self.station("bench-1")
        self.until_state("started")
        self.station("bench-10")
        self.until(lambda: self.kinds().count("worker_slots") == 2)
        self.run_cli("safe-stop", "film.journal", "--station", "bench-10", "--by", "ada")
        self.assertEqual(self.request()["state"], "started")
        self.assertIn("no station bench-2", self.run_cli("safe-stop", "film.journal", "--station", "bench-2", code=3))
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])

    def test_a_station_that_does_not_answer_is_named_and_stopped_when_it_is_back(self):
        agent, station = self.start_one(trials=2)
        station.send_signal(signal.SIGSTOP)
        self.assertIn("HAS NOT ANSWERED", self.run_cli("safe-stop", "film.journal", "--by", "ada", code=3))
        self.assertIn("has not answered", self.status())
        station.send_signal(signal.SIGCONT)
        self.until(lambda: "halted" in self.kinds())
        self.until_state("held")
        self.assertEqual(self.moved(), [1])
        agent.send_signal(signal.SIGTERM)
        self.finish(agent, 4)

    def test_it_outlives_agent_and_station(self):
        agent, station = self.start_one()
        self.run_cli("safe-stop", "film.journal", "--by", "ada")
        self.until_state("held")
        self.kill(agent)
        self.kill(station)
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "requeue", "--by", "ada")
        agent = self.agent()
        self.station()
        self.until(lambda: self.kinds().count("halted") >= 2)  # Told again, since it had forgotten.
        self.assertEqual(self.request(2)["state"], "queued")
        self.run_cli("ready", "film.journal", "--by", "ada")
        self.until_state("started", 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])


if __name__ == "__main__":
    unittest.main()
