"""ASE is run in one place, and reached in two ways: as an engine of the connector `interface`, and as tasks of
the Python worker. Both must say the same. SPDX-License-Identifier: GPL-3.0-or-later
"""
import importlib.util
import json
import os
import unittest

import python_case

ALUMINIUM = """Al
1.0
4.05 0 0
0 4.05 0
0 0 4.05
Al
4
Direct
0 0 0
0 0.5 0.5
0.5 0 0.5
0.5 0.5 0
"""
CAMPAIGN = """\
campaign: bulk
parameters:
  again: {integer: [1, 2]}
tasks:
  atoms.bulk:
    connector: %s
    with: {phases: [Al.vasp], model: %s%s}
    inputs: []
    outputs: {energy: {unit: eV}, volume: {unit: angstrom3}, a: {unit: angstrom}, b: {unit: nm}, c: {unit: angstrom}}
objectives: [{minimise: energy}]
budget: {trials: 1}
"""
OTHER = """\
from ase.calculators.lj import LennardJones


def lennard_jones():
    return LennardJones(sigma=2.6, epsilon=0.3, rc=7, smooth=True)
"""


@unittest.skipUnless(importlib.util.find_spec("ase"), "ASE is not installed (Debian: python3-ase)")
class Atoms(python_case.Case):
    def setUp(self):
        super().setUp()
        self.write("Al.vasp", ALUMINIUM)
        self.write("tasks.py", "from interphase.atoms import bulk\n")
        self.write("other.py", OTHER)

    def measure(self, name, connector, model, more=""):
        """The outputs of atoms.bulk, and the record of how they came about."""
        self.write(name + ".yaml", CAMPAIGN % (connector, model, more))
        self.run_cli("run", name + ".yaml", "--journal", name + ".journal", "--workers", "1", "--quiet")
        failed = self.rows("select json_extract(payload, '$.text') from event where kind = 'failure'", name + ".journal")
        self.assertFalse(failed)
        payload = json.loads(self.rows("select payload from event where kind = 'result'", name + ".journal")[0][0])
        return (dict(self.rows("select output, value from measurements", name + ".journal")),
                json.loads(payload["provenance"])["notes"])  # fmt: skip

    def test_both_ways_say_the_same(self):
        for model in ("emt", "other.py:lennard_jones"):
            engine, notes = self.measure("c", "interface", model, ', engine: ase, cache: ""')
            worker, theirs = self.measure("p", "./tasks.py", model)
            self.assertEqual(set(engine), {"energy", "volume", "a", "b", "c"})
            for name, value in engine.items():
                self.assertAlmostEqual(value, worker[name], 5, f"{model}: {name}")
            self.assertEqual(notes["engine"], theirs["engine"])
            self.assertIn(model.split(":")[0], notes["model"])
            for name in ("c", "p"):
                os.remove(self.path(name + ".journal"))

    def test_the_lattice_constant_of_aluminium_by_emt(self):
        """Aluminium's lattice constant in effective medium theory is 3.99 angstrom, and its cohesive energy is the
        zero of that theory's scale (Jacobsen, Stoltze, Norskov, Surf. Sci. 366, 394 (1996))."""
        worker, _ = self.measure("p", "./tasks.py", "emt")
        self.assertAlmostEqual(worker["a"], 3.99, 2)
        self.assertAlmostEqual(worker["b"], worker["a"] / 10, 9)
        self.assertAlmostEqual(worker["energy"], 0, 1)

    def test_only_the_owner_lets_a_worker_load_a_file(self):
        """How: workers started by hand, with and without --allow, and a campaign that names a file as its model."""
        for connector, more in (("interface", ', engine: ase, cache: ""'), ("./tasks.py", "")):
            for allowed in ([], ["--allow", "other.py"]):
                self.write("x.yaml", CAMPAIGN % (connector, "other.py:lennard_jones", more))
                endpoint = "ipc://" + self.path("agent.sock")
                agent = self.start("run", "x.yaml", "--journal", "x.journal", "--workers", "0", "--quiet", "--listen", endpoint)
                worker = self.start("worker", "--connector", connector, "--connect", endpoint, "--state", "state", *allowed)
                agent.communicate(timeout=120)
                worker.terminate()
                worker.communicate(timeout=60)
                failed = self.rows("select json_extract(payload, '$.text') from event where kind = 'failure'", "x.journal")
                self.assertEqual(len(failed), 0 if allowed else 1, failed)
                if failed:
                    self.assertIn("other.py; its owner allows it with --allow", failed[0][0])
                os.remove(self.path("x.journal"))

    def test_a_model_that_is_none_is_named(self):
        for connector, more in (("interface", ', engine: ase, cache: ""'), ("./tasks.py", "")):
            for model, word in (("pbe", "FILE.py:NAME"), ("nowhere.py:make", "nowhere.py")):
                self.write("x.yaml", CAMPAIGN % (connector, model, more))
                process = self.start("run", "x.yaml", "--journal", "x.journal", "--workers", "1", "--quiet")
                process.communicate(timeout=120)
                said = self.rows("select json_extract(payload, '$.cause'), json_extract(payload, '$.text') from event"
                                 " where kind = 'failure'", "x.journal")  # fmt: skip
                self.assertEqual(said[0][0], "refused")
                self.assertIn(word, said[0][1])
                os.remove(self.path("x.journal"))


if __name__ == "__main__":
    unittest.main()
