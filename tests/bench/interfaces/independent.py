#!/usr/bin/env python3
"""The physical values of the bench by another road: ASE builds the structures, LAMMPS inputs are written here by hand
from the potentials' documentation. Prints one JSON object. Needs python3-ase and lammps.
"""
import json
import os
import subprocess
import tempfile

from ase.build import bcc100, bcc110, bcc111, bulk, fcc111, hcp0001
from ase.data import atomic_masses, atomic_numbers
from ase.io import write

EV_PER_A2 = 16.02176634  # J/m2
POTENTIALS = os.environ.get("LAMMPS_POTENTIALS", "/usr/share/lammps/potentials")
MEAM = "kim:MEAM_LAMMPS_KimJungLee_2012_LiMg__MO_427397414195_000"
AL = f"pair_style eam/fs\npair_coeff * * {POTENTIALS}/Al_mm.eam.fs Al"
CU = f"pair_style eam/alloy\npair_coeff * * {POTENTIALS}/Cu_mishin1.eam.alloy Cu"


def lammps(atoms, model, relax_cell):
    element = atoms.get_chemical_symbols()[0]
    with tempfile.TemporaryDirectory() as folder:
        write(os.path.join(folder, "atoms.data"), atoms, format="lammps-data", specorder=[element])
        kim = model.startswith("kim:")
        lines = [f"kim init {model[4:]} metal" if kim else "units metal\natom_style atomic", "atom_modify map array",
                 "boundary p p p", "read_data atoms.data", f"kim interactions {element}" if kim else model,
                 f"mass 1 {atomic_masses[atomic_numbers[element]]}", "min_style cg"]
        if relax_cell:
            lines += ["fix cell all box/relax aniso 0.0 vmax 0.01", "minimize 1e-16 1e-8 2000 20000", "unfix cell"] * 8
        else:
            lines += ["minimize 0 1e-3 5000 50000"]
        lines += ["run 0", 'print "RESULT $(pe:%.12g) $(lx:%.12g) $(ly:%.12g) $(lz:%.12g)"']
        out = subprocess.run(["lmp", "-log", "none"], input="\n".join(lines) + "\n", cwd=folder, text=True,
                             capture_output=True).stdout
    found = [line.split()[1:] for line in out.splitlines() if line.startswith("RESULT")]
    if not found:
        raise SystemExit(out[-2000:])
    return [float(x) for x in found[-1]]


def surface(slab, model, per_atom):
    energy = lammps(slab, model, False)[0]
    area = abs(slab.cell[0][0] * slab.cell[1][1] - slab.cell[0][1] * slab.cell[1][0])
    return (energy - len(slab) * per_atom) / (2 * area) * EV_PER_A2


def main():
    result = {}
    energy, a, _, _ = lammps(bulk("Li", "bcc", a=3.5, cubic=True), MEAM, True)
    for name, build, layers in (("Li(100)", bcc100, 12), ("Li(110)", bcc110, 9), ("Li(111)", bcc111, 24)):
        result[name] = surface(build("Li", (1, 1, layers), a=a, vacuum=8), MEAM, energy / 2)
    cell = bulk("Mg", "hcp", a=3.2, c=5.2, orthorhombic=True)
    energy, a, _, c = lammps(cell, MEAM, True)
    result["Mg(001)"] = surface(hcp0001("Mg", (1, 1, 12), a=a, c=c, vacuum=8), MEAM, energy / len(cell))
    for element, model in (("Al", AL), ("Cu", CU)):
        energy, a, _, _ = lammps(bulk(element, "fcc", a=4.0 if element == "Al" else 3.6, cubic=True), model, True)
        result[element + "(111)"] = surface(fcc111(element, (1, 1, 12), a=a, vacuum=8), model, energy / 4)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
