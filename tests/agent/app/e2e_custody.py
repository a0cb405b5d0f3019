"""Custody and envelope: a request goes where its sample is loaded and its inputs are admitted, or it waits and says why.
SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import unittest

import stations


class Custody(stations.Case):
    def temperatures(self):
        """(temperature, worker) of each request, by its trial's point."""
        points = dict(self.rows("select trial, json_extract(point, '$.temperature') from trials", "film.journal"))
        return [(float(points[trial]), worker)
                for trial, worker in self.rows("select trial, worker from requests", "film.journal")]

    def test_a_request_waits_for_its_sample(self):
        self.write("loaded", "pouch-18\n")
        self.campaign(trials=1, task="    sample: pouch-17\n")
        agent = self.agent()
        self.station("bench-1", "agent", "--sample-file", self.path("loaded"))
        why = self.until_why("pouch-17 is wanted, bench-1 has pouch-18")
        self.assertEqual((why["state"], why["sample"]), ("queued", "pouch-17"))
        self.assertIn("bench-1: ready, sample pouch-18", self.run_cli("status", "film.journal"))
        stations.os.unlink(self.path("loaded"))
        self.until_why("bench-1 has (none)")
        self.assertEqual(self.moved(), [])
        self.write("loaded", "pouch-17\n")
        self.until_state("started")
        self.let_go()
        self.finish(agent)
        self.assertEqual(self.moved(), [1])
        offers = self.rows("select json_extract(payload, '$.offers[0].sample') from event "
                           "where json_extract(payload, '$.offers') is not null", "film.journal")
        self.assertEqual(offers, [("pouch-17",)])

    def test_each_trial_has_a_sample_of_its_own(self):
        self.write("loaded", "b\n")
        self.campaign(trials=2, task="    sample: {from: cell}\n    inputs: [c_rate, temperature]\n")
        with open(self.path("film.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        self.write("film.yaml", text.replace("parameters:\n", "parameters:\n  cell: {categorical: [a, b]}\n")
                   .replace("parallel: 1", "parallel: 4"))
        agent = self.agent()
        self.station("bench-1", "agent", "--sample-file", self.path("loaded"))
        self.let_go()
        self.until(lambda: self.json("status", "film.journal", "--json")["queued"] +
                   self.json("status", "film.journal", "--json")["measured"] == 2)
        self.write("loaded", "a\n")
        self.finish(agent)
        for trial, cell in self.rows("select trial, json_extract(point, '$.cell') from trials", "film.journal"):
            self.assertEqual(self.rows(f"select sample from (select json_extract(o.value, '$.trial') as trial, "
                                       f"json_extract(o.value, '$.sample') as sample from event e, "
                                       f"json_each(e.payload, '$.offers') as o) where trial = {trial}",
                                       "film.journal")[0][0], cell)

    def test_proposals_stay_within_the_envelope_of_the_station(self):
        self.campaign(trials=8)
        with open(self.path("film.yaml"), encoding="utf-8") as handle:
            text = handle.read()
        self.write("film.yaml", text.replace("sobol: 20", "sobol: 3"))  # The others are the model's.
        agent = self.agent()
        self.let_go()
        self.station("bench-1", "agent", "--bound", "temperature=295.15..303.15 K")
        self.finish(agent)
        found = self.temperatures()
        self.assertEqual(len(found), 8)
        self.assertEqual([t for t, _ in found if not 22 - 1e-9 <= t <= 30 + 1e-9], [])

    def test_where_stations_differ_somebody_can_do_what_is_proposed(self):
        self.campaign(trials=10)
        envelopes = {"bench-1": (15, 25), "bench-2": (35, 45)}
        agent = self.agent()
        self.run_cli("pause", "film.journal")
        for name, (low, high) in envelopes.items():
            self.station(name, "agent", "--bound", f"temperature={low}..{high} degC")
        self.until(lambda: self.kinds().count("worker_slots") == 2)
        self.let_go()
        self.run_cli("resume", "film.journal")
        self.finish(agent)
        found = self.temperatures()
        self.assertEqual([(t, w) for t, w in found if not envelopes[w][0] <= t <= envelopes[w][1]], [])
        self.assertEqual({w for _, w in found}, set(envelopes))

    def test_what_the_campaign_declares_holds_beside_what_the_station_says(self):
        self.campaign(trials=6, task="    envelope: {temperature: [293.15 K, 26 degC]}\n")
        agent = self.agent()
        self.let_go()
        self.station("bench-1", "agent", "--bound", "temperature=22..40 degC")
        self.finish(agent)
        found = self.temperatures()
        self.assertEqual(len(found), 6)
        self.assertEqual([t for t, _ in found if not 22 - 1e-9 <= t <= 26 + 1e-9], [])

    def test_a_measurement_outside_is_told_with_a_note(self):
        self.campaign(trials=20, task="    envelope: {temperature: [none, 26 degC]}\n")
        agent = self.agent()
        told = ["tell", "film.journal", "--at", "c_rate=0.5", "temperature=%d", "--", "efficiency=80 %%"]
        out = self.run_cli(*(word.replace("%d", "40").replace("%%", "%") for word in told))
        self.assertIn("note: outside the envelope that the campaign declares: temperature to 26 degC only", out)
        self.assertEqual(self.run_cli(*(word.replace("%d", "20").replace("%%", "%") for word in told)), "")
        self.kill(agent)
        out = self.run_cli(*(word.replace("%d", "41").replace("%%", "%") for word in told))  # no agent runs
        self.assertIn("note: outside the envelope", out)
        states = [state for (state,) in self.rows("select state from trials", "film.journal")]
        self.assertEqual(states, ["measured"] * 3)

    def test_a_bound_that_is_none_is_refused(self):
        self.campaign()
        for bound in ("temperature", "temperature=3", "temperature=9..3 K", "temperature=1..2 parsec/banana"):
            station = self.station("bench-1", "agent", "--bound", bound)
            _, err = station.communicate(timeout=120)
            self.assertEqual(station.returncode, 3, bound + err)


if __name__ == "__main__":
    unittest.main()
