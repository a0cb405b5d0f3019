#!/usr/bin/env python3
"""Slabs of 30 structures against ASE: every termination we make is one of ASE's cuts, and every cut of ASE is one of ours.

  compare_ase.py PROGRAM [HKL...]     interphase-interfaces; six facets unless some are given; exits 77 where python3-ase
                                      is missing

ASE builds the oriented crystal from our canonical cell (so that Miller indices mean the same); its cuts are all gaps
between planes. Two slabs are the same when their sums over all pairs of atoms, over area, agree: of smooth functions of
distance, weighted by elements and by the height of the pair, which an isometry in the plane keeps.
"""
import glob
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from ase.build import surface
    from ase.io import read
    from ase.neighborlist import neighbor_list
except ImportError:
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
FACETS = ["100", "010", "001", "110", "101", "111"]
GAP = 0.10  # angstrom: planes nearer than this are one, as in facet.h
PERIODS_MIN = 7.0  # angstrom of slab


def run(program, *words):
    return subprocess.run([program, *words, "--quiet"], capture_output=True, text=True)


def fingerprint(atoms):
    """Pairs by distance, elements and height below the top, over area."""
    atoms = atoms.copy()
    atoms.pbc = (True, True, False)
    i, j, d = neighbor_list("ijd", atoms, 5.0)
    area = np.linalg.norm(np.cross(atoms.cell[0], atoms.cell[1]))
    depth = atoms.positions[:, 2].max() - atoms.positions[:, 2]
    z = np.sqrt(atoms.numbers)
    smooth = (25 - d * d) ** 2 * z[i] * z[j]
    return np.array([len(atoms) * 100, smooth.sum(), (smooth * d).sum(), (smooth * depth[i]).sum(), (smooth * d * depth[i]).sum(),
                     (atoms.numbers * depth).sum() * 100]) / area


def same(a, b):
    return np.allclose(a, b, rtol=1e-4, atol=1e-3)


def ase_cuts(bulk, hkl, thickness):
    """Slabs of ASE's oriented crystal for every gap between planes of one of its periods."""
    one = surface(bulk, hkl, 1, periodic=True)
    period = one.cell[2][2] if abs(one.cell[2][2]) > 1e-6 else np.linalg.norm(one.cell[2])
    many = int(np.ceil(thickness / period)) + 2
    tall = surface(bulk, hkl, many, periodic=True)
    normal = np.cross(tall.cell[0], tall.cell[1])
    normal /= np.linalg.norm(normal)
    height = tall.positions @ normal
    top_of = np.abs(tall.cell[2] @ normal)
    start = height.min()
    low = start + (top_of / many) * 0.5
    planes = np.sort(height)
    slabs = []
    edges = [(planes[k] + planes[k + 1]) / 2 for k in range(len(planes) - 1) if planes[k + 1] - planes[k] > GAP]
    for edge in edges:
        if not low < edge <= low + top_of / many + 1e-6:
            continue
        inside = (height > edge) & (height < edge + thickness - 1e-6)
        # a whole number of periods between two equal cuts
        part = tall[inside]
        slabs.append(part)
    return slabs


def main():
    program = sys.argv[1]
    failures, slabs = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(os.path.join(HERE, "..", "structures", "*.vasp"))):
            name = os.path.basename(path)[:-5]
            cell = os.path.join(folder, "cell.xyz")
            assert run(program, "--canonical", path, "-o", cell).returncode == 0
            bulk = read(cell)
            for hkl in sys.argv[2:] or FACETS:
                ours = []
                for t in "abcdefghijklmnopqrstuvwxyz":
                    file = os.path.join(folder, "slab.xyz")
                    probe = run(program, "--slab", hkl, "--termination", t, "--periods", "1", path, "-o", file)
                    if probe.returncode != 0:
                        break
                    first = read(file)
                    # heights of a period: volume of its atoms over the area
                    area = np.linalg.norm(np.cross(first.cell[0], first.cell[1]))
                    period = bulk.get_volume() / len(bulk) * len(first) / area
                    layer = 1 / np.linalg.norm(
                        np.linalg.inv(bulk.cell[:]) @ np.array([int(c) for c in hkl]))
                    ratio = max(1, round(layer / period))
                    periods = ratio * max(1, int(np.ceil(PERIODS_MIN / layer)))
                    assert run(program, "--slab", hkl, "--termination", t, "--periods", str(periods), path, "-o", file).returncode == 0
                    ours.append(fingerprint(read(file)))
                    slabs += 1
                theirs = [fingerprint(s) for s in ase_cuts(bulk, tuple(int(c) for c in hkl), periods * period)]
                for k, mine in enumerate(ours):
                    if not any(same(mine, other) for other in theirs):
                        failures.append(f"{name}({hkl}){chr(97 + k)}: not among ASE's {len(theirs)} cuts")
                for k, other in enumerate(theirs):
                    if not any(same(mine, other) for mine in ours):
                        failures.append(f"{name}({hkl}): ASE's cut {k} of {len(theirs)} is none of our {len(ours)}")
    for failure in failures[:40]:
        print(failure)
    print(f"{slabs} slabs of 30 structures, {len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
