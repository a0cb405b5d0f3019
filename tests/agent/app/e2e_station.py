"""A station lost in the middle of an experiment: killed, paused beyond its lease, cut off; with each answer that it
may give when it is back. What moves is counted at the station. SPDX-License-Identifier: GPL-3.0-or-later"""
import shutil
import signal
import unittest

import stations


class Lost(stations.Case):
    def start_one(self, line="agent", **campaign):
        self.campaign(**campaign)
        agent = self.agent()
        if line != "agent":
            self.line = stations.Line(self.path(line), self.path("agent"))
            self.addCleanup(self.line.close)
        station = self.station(line=line)
        self.until_state("started")
        return agent, station

    def test_paused_beyond_its_lease_it_answers_running(self):
        agent, station = self.start_one()
        station.send_signal(signal.SIGSTOP)
        self.until_state("in doubt")
        self.assertIn("contact lost", self.run_cli("status", "film.journal"))
        station.send_signal(signal.SIGCONT)
        self.until_state("started")
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1])
        self.assertEqual(self.kinds().count("result"), 1)

    def test_cut_off_until_it_has_finished_it_answers_done(self):
        agent, station = self.start_one(line="line")
        self.line.cut()
        self.until_state("in doubt")
        self.let_go()
        self.until(lambda: "done" in self.ledger())
        self.line.mend()
        self.finish(agent)
        self.assertEqual(self.moved(), [1])
        self.assertEqual(self.rows("select count(*) from measurements", "film.journal"), [(1,)])

    def ledger(self):
        names = {1: "refused", 2: "started", 3: "done", 4: "closed"}
        try:
            return [names[state] for (state,) in self.rows("select state from ledger", "bench-1/worker.db")]
        except Exception:  # The station holds its file alone while it writes.
            return ["done"] if self.kinds() and stations.os.path.exists(self.path("done")) else []

    def test_start_was_never_heard_it_is_sent_again(self):
        self.campaign()
        agent = self.agent()
        self.line = stations.Line(self.path("line"), self.path("agent"))
        self.addCleanup(self.line.close)
        self.line.swallows = True
        self.station(line="line")
        self.until_state("accepted")
        self.line.cut()
        self.line.mend()
        self.until_state("started")
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1])

    def test_killed_before_start_it_answers_never_started(self):
        self.campaign()
        agent = self.agent()
        self.line = stations.Line(self.path("line"), self.path("agent"))
        self.addCleanup(self.line.close)
        self.line.swallows = True
        station = self.station(line="line")
        self.until_state("accepted")
        self.kill(station)
        self.line.cut()
        self.line.mend()
        self.station(line="line")
        self.until(lambda: (self.request() or {}).get("epoch") == 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moves(), ["1.2"])

    def killed(self, trials):
        """Killed while it moves, started again: it does not know, and takes nothing new."""
        agent, station = self.start_one(trials=trials)
        self.kill(station)
        self.station()
        self.until_why("interrupted")
        self.assertEqual(self.json("status", "film.journal", "--json")["state"], "waiting for a person")
        return agent

    def test_killed_it_waits_for_a_person_who_measures(self):
        agent = self.killed(trials=2)
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "measured", "efficiency=88.5+-0.5 %",
                     "--by", "ada", "--reason", "weighed by hand")
        self.until_state("started", 2)  # It is ready again, and told so by the agent.
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])
        self.assertEqual(self.rows("select value, sd from measurements where request = 1", "film.journal"),
                         [(88.5, 0.5)])
        self.assertIn("ada: weighed by hand", self.run_cli("status", "film.journal", "1"))

    def test_killed_it_waits_for_a_person_who_voids_the_sample(self):
        agent = self.killed(trials=2)
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "void", "--by", "ada")
        self.until_state("started", 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])
        self.assertEqual(self.rows("select trial from measurements", "film.journal"), [(2,)])

    def test_killed_it_waits_for_a_person_who_requeues(self):
        agent = self.killed(trials=1)
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "requeue", "--by", "ada")
        self.until_state("started", 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])
        self.assertEqual(self.rows("select trial, request from measurements", "film.journal"), [(1, 2)])

    def test_resolved_while_agent_and_station_were_away(self):
        agent, station = self.start_one(trials=2)
        self.kill(station)
        self.until_state("in doubt")
        agent.send_signal(signal.SIGTERM)
        self.finish(agent, 4)
        self.assertIn("in doubt", self.run_cli("status", "film.journal"))
        self.assertIn("only resolve", self.run_cli("cancel", "film.journal", "--request", "1", code=3))
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "void", "--by", "ada")
        agent = self.agent()
        self.station()
        self.until_state("started", 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])

    def test_with_its_ledger_lost_its_word_counts_for_nothing(self):
        agent, station = self.start_one()
        self.kill(station)
        shutil.rmtree(self.path("bench-1"))
        self.station()
        self.until_why("another ledger")
        self.assertEqual(self.request()["state"], "in doubt")
        self.run_cli("resolve", "film.journal", "--request", "1", "--as", "requeue", "--by", "ada")
        self.until_state("started", 2)
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])

    def test_agent_killed_meanwhile_it_is_asked_and_adopted(self):
        agent, _ = self.start_one()
        self.kill(agent)
        agent = self.agent()
        self.until(lambda: "answer" in self.kinds())
        self.until_state("started")
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1])


class Word(stations.Case):
    def test_a_running_formation_is_cancelled(self):
        self.campaign(trials=2)
        agent = self.agent()
        self.station()
        self.until_state("started")
        self.run_cli("cancel", "film.journal", "--request", "1", "wrong cell", "--by", "ada")
        self.until_state("started", 2)  # A cancelled trial is off the budget.
        self.assertEqual(self.rows("select state, cause from requests where request = 1", "film.journal"),
                         [("failed", "cancelled")])
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved()[:2], [1, 2])

    def test_drained_what_runs_is_finished_and_the_same_command_resumes(self):
        self.campaign(trials=3)
        agent = self.agent()
        self.station()
        self.until_state("started")
        self.run_cli("drain", "film.journal", "going home", "--by", "ada")
        self.assertEqual(self.json("status", "film.journal", "--json")["state"], "draining")
        self.let_go()
        self.finish(agent, 4)
        self.assertEqual(self.moved(), [1])
        agent = self.agent()
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2, 3])

    def test_paused_nothing_new_is_started(self):
        self.campaign(duration="1 h", trials=2)
        agent = self.agent()
        self.run_cli("pause", "film.journal", "lunch", "--by", "ada")
        self.station()
        self.until(lambda: "worker_slots" in self.kinds())
        self.assertEqual(self.json("status", "film.journal", "--json")["state"], "paused")
        self.assertEqual(self.moves(), [])
        self.let_go()
        self.run_cli("resume", "film.journal", "--by", "ada")
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])


if __name__ == "__main__":
    unittest.main()
