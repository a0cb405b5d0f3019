"""Approval: what waits for a person's word is shown, and the word is journalled. SPDX-License-Identifier: GPL-3.0-or-later"""
import unittest

import stations


class Approve(stations.Case):
    def test_the_first_of_a_kind_waits_for_a_word(self):
        self.campaign(trials=2, more="approve: first\n")
        agent = self.agent()
        self.station()
        self.until_state("waiting for approval")
        self.let_go()
        out = self.run_cli("status", "film.journal")
        self.assertIn("waiting for a person", out)
        self.assertIn("waits for approval: the first of its kind", out)
        self.assertEqual(self.moved(), [])
        self.assertIn("no request 7", self.run_cli("approve", "film.journal", "7", code=3))
        self.run_cli("approve", "film.journal", "1", "looked at it", "--by", "ada")
        self.finish(agent)
        self.assertEqual(self.moved(), [1, 2])
        self.assertIn("approved by ada: looked at it", self.run_cli("status", "film.journal", "1"))

    def test_rejected_is_infeasible_and_never_moved(self):
        self.campaign(trials=2, more="", task="    approve: {hazard: temperature > 10}\n")
        agent = self.agent()
        self.station()
        self.until_state("waiting for approval")
        self.let_go()
        self.run_cli("approve", "film.journal", "1", "--reject", "no", "--by", "ada")
        self.until_state("waiting for approval", 2)
        self.run_cli("approve", "film.journal", "--request", "2", "--by", "ada")
        self.finish(agent)
        self.assertEqual(self.moved(), [2])
        self.assertIn("rejected by ada: no", self.run_cli("status", "film.journal", "1"))

    def test_what_cannot_be_asked_is_found_by_check(self):
        for rule, what in (("sometimes", "approve"), ("{above_cost: 3}", "has no cost"), ("{hazard: heat > 3}", "heat")):
            self.campaign(more=f"approve: {rule}\n")
            self.assertIn(what, self.run_cli("check", "film.yaml", code=2))


if __name__ == "__main__":
    unittest.main()
