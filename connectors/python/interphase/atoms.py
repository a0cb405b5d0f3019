"""atoms - the one place where ASE is run: as an engine of the connector `interface`, and as tasks of its own.

A model names a calculator: `emt` (effective medium theory: Al Cu Ag Au Ni Pd Pt), or `FILE.py:NAME`, a function
without arguments in a file beside the campaign that returns any calculator of ASE (GPAW, a machine-learned
potential, ...). Energies in eV, lengths in angstrom, forces in eV/angstrom.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Any, Sequence

from .tasks import Failed, Refused, attempt, task

if TYPE_CHECKING:
    from ase import Atoms

TIGHT = 1e-3  # eV/angstrom: a cell is cheap, and everything is measured against it


def calculator(model: str, base: str = ".") -> Any:
    """The calculator that a model names; Refused when there is none."""
    if model == "emt":
        from ase.calculators.emt import EMT

        return EMT()
    file, _, name = model.rpartition(":")
    if not file.endswith(".py"):
        raise Refused(f"model '{model}': emt, or FILE.py:NAME, a function that returns a calculator of ASE")
    path = os.path.join(base, file)
    spec = importlib.util.spec_from_file_location("interphase_calculator", path)
    if spec is None or spec.loader is None or not os.path.isfile(path):
        raise Refused(f"model '{model}': {path} is no Python file")
    if not attempt().may_load(path):
        raise Refused(f"model '{model}': this worker may not load {path}; its owner allows it with --allow {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, name, None)):
        raise Refused(f"model '{model}': {path} has no function {name}")
    return getattr(module, name)()


def largest_force(atoms: Atoms) -> float:
    """The largest component that is left on an atom that may move."""
    return float(abs(atoms.get_forces()).max())


def relax(atoms: Atoms, what: str, force: float, steps: int, log: str | None = None) -> None:
    """Moves the atoms (`atoms`), the cell with them (`cell`), or nothing (`none`)."""
    from ase.constraints import ExpCellFilter
    from ase.optimize import BFGS

    if what == "cell":
        BFGS(ExpCellFilter(atoms), logfile=log).run(fmax=min(force, TIGHT), steps=steps)
    elif what == "atoms":
        BFGS(atoms, logfile=log).run(fmax=force, steps=steps)


def _load(name: str, model: str) -> Atoms:
    from ase.constraints import FixAtoms
    from ase.io import read

    atoms = read(name, format="extxyz")
    atoms.pbc = True
    with open("frozen.txt", encoding="ascii") as handle:
        frozen = [i for i, flag in enumerate(handle.read().strip()) if flag == "1"]
    atoms.set_constraint([FixAtoms(frozen)] if frozen else [])
    atoms.calc = calculator(model)
    return atoms


def _run_band(model: str, force: float, steps: int, images: int) -> None:
    from ase.neb import NEB
    from ase.optimize import FIRE

    band = [_load("start.xyz", model) for _ in range(images - 1)] + [_load("end.xyz", model)]
    neb = NEB(band, k=1.0, method="improvedtangent")
    neb.interpolate(mic=True)
    FIRE(neb, logfile="log.txt").run(fmax=force, steps=steps)
    neb.climb = True
    FIRE(neb, logfile="log.txt").run(fmax=force, steps=steps)
    _write("band.txt", [f"{float(abs(neb.get_forces()).max()):.12g} "
                        + " ".join(f"{image.get_potential_energy():.12f}" for image in band)])  # fmt: skip


def _write(name: str, lines: Sequence[str]) -> None:
    with open(name, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


def run_folder(model: str, what: str, force: float, steps: int, images: int) -> None:
    """One job of connectors/atoms: start.xyz, frozen.txt and, for a band, end.xyz in this folder become
    result.txt and final.txt, or band.txt (codes.h there says what is in them)."""
    from ase.units import bar

    if images:
        _run_band(model, force, steps, images)
        return
    atoms = _load("start.xyz", model)
    relax(atoms, what, force, steps, "log.txt")
    try:
        pressure = -atoms.get_stress() / bar
    except NotImplementedError:  # this calculator has no stress: a fixed cell does without
        if what == "cell":
            raise
        pressure = [0.0] * 6
    _write("result.txt", [
        f"energy {atoms.get_potential_energy():.12f}",
        f"force {largest_force(atoms):.9g}",
        "cell " + " ".join(f"{x:.15g}" for x in atoms.cell[:].flatten()),
        "pressure " + " ".join(f"{x:.9g}" for x in pressure),
    ])  # fmt: skip
    places = enumerate(atoms.get_scaled_positions(wrap=False), 1)
    _write("final.txt", ["ITEM: ATOMS id type xs ys zs", *(f"{i} 1 " + " ".join(f"{x:.15g}" for x in f) for i, f in places)])


def _phase(phase: str, phases: Sequence[str]) -> str:
    """The structure file that a label stands for: its name without the ending; "" when there is one file."""
    found = [file for file in phases if not phase or os.path.splitext(os.path.basename(file))[0] == phase]
    if len(found) != 1:
        raise Refused(f"phase '{phase}' is none of {', '.join(phases)}" if phase else "say which of the phases")
    return attempt().path(found[0])


BULK = {"energy": "eV", "volume": "angstrom3", "a": "angstrom", "b": "angstrom", "c": "angstrom"}


@task("atoms.bulk", outputs=BULK)
def bulk(
    phase: str = "", *, phases: Sequence[str], model: str = "emt", force: float = 0.02, steps: int = 2000
) -> dict[str, float]:
    """Energy and volume per atom, and the lengths of the cell, of a phase at no pressure: the task of that
    name of the connector `interface`, so that either may be a source of it."""
    import ase
    from ase.io import read

    atoms = read(_phase(phase, phases))
    atoms.pbc = True
    atoms.calc = calculator(model, attempt().base)
    attempt().note("engine", f"ase {ase.__version__}")
    attempt().note("model", model)
    relax(atoms, "cell", force, max(steps, 2000))
    if (left := largest_force(atoms)) > force:
        raise Failed(f"forces did not converge: {left:.2g} eV/angstrom is left, {force:.2g} allowed; correction: raise steps")
    lengths = atoms.cell.lengths()
    return {"energy": atoms.get_potential_energy() / len(atoms), "volume": atoms.get_volume() / len(atoms),
            "a": lengths[0], "b": lengths[1], "c": lengths[2]}  # fmt: skip
