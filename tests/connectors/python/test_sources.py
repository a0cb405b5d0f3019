"""Two sources of one task in one campaign, a C connector and a Python worker, chosen by a parameter.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import importlib.util
import shutil
import unittest

import python_case
from test_atoms import ALUMINIUM

TWO = """\
campaign: two
seed: 5
parameters:
  x1: {real: [-5, 10]}
  x2: {real: [0, 15]}
  code: {categorical: [c, python]}
tasks:
  f:
    source: code
    sources:
      c:      {connector: function, with: {name: branin}}
      python: {connector: ./tasks.py}
    outputs: {value: {unit: "1"}}
    noise: none
objectives: [{minimise: value}]
budget: {trials: 16}
"""
BULK = """\
campaign: bulk
parameters:
  code: {categorical: [lammps, ase]}
tasks:
  atoms.bulk:
    source: code
    with: {phases: [Al.vasp]}
    sources:
      lammps: {connector: interface, with: {model: "eam/fs:Al_mm.eam.fs", cache: ""}}
      ase:    {connector: ./tasks.py, with: {model: emt}}
    outputs: {energy: {unit: eV}, a: {unit: angstrom}}
objectives: [{minimise: a}]
agent: {design: {sobol: 4}}
budget: {trials: 4}
"""


class Sources(python_case.Case):
    def test_the_label_names_who_answers(self):
        """How: both compute the same function, so that the outputs can be checked against each other's worker."""
        self.write("two.yaml", TWO)
        self.write("tasks.py", python_case.TASKS)
        self.run_cli("check", "two.yaml")
        self.run_cli("run", "two.yaml", "--workers", "1", "--quiet")
        rows = self.rows("select json_extract(trials.point, '$.code'), measurements.source, workers.connector, count(*)"
                         " from trials join measurements using (trial) join workers using (worker) group by 1, 2, 3",
                         "two.journal")  # fmt: skip
        self.assertEqual({row[:3] for row in rows}, {("c", "c", "function"), ("python", "python", "./tasks.py")})
        self.assertEqual(sum(row[3] for row in rows), 16)
        self.assertIn("identical to the bit", self.run_cli("replay", "two.journal", "--verify"))

    @unittest.skipUnless(importlib.util.find_spec("ase") and shutil.which("lmp"), "LAMMPS or ASE is not installed")
    def test_lammps_and_ase_behind_one_task(self):
        """Aluminium's lattice constant: 4.05 angstrom in the EAM potential fitted to it, 3.99 in effective medium
        theory."""
        self.write("bulk.yaml", BULK)
        self.write("Al.vasp", ALUMINIUM)
        self.write("tasks.py", "from interphase.atoms import bulk\n")
        self.run_cli("run", "bulk.yaml", "--workers", "1", "--quiet")
        found = dict(self.rows("select source, value from measurements where output = 'a' group by source", "bulk.journal"))
        self.assertEqual(set(found), {"lammps", "ase"})
        self.assertAlmostEqual(found["lammps"], 4.05, 2)
        self.assertAlmostEqual(found["ase"], 3.99, 2)


if __name__ == "__main__":
    unittest.main()
