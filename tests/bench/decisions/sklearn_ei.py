#!/usr/bin/env python3
"""Evaluations to the first top-5 % candidate and to the optimum by scikit-learn's GP + EI over measured sets.

Writes one line a campaign, sklearn_ei_seeds.csv; sklearn_ei.csv holds means and standard errors of earlier runs. Matern-5/2 ARD + white noise, normalised y, one
restart, EI over all candidates not yet measured, 2 random starts; columns as tables.c encodes them (categories
one-hot). A campaign ends at the optimum or after `CAP` trials, which then counts.
Usage: INTERPHASE_DATA=... OMP_NUM_THREADS=1 python3 sklearn_ei.py SEEDS [SET...] > sklearn_ei_seeds.csv
"""
import csv
import json
import os
import sys
import warnings

import numpy as np
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel

warnings.filterwarnings("ignore")
CAP = 100
SETS = ["pvlab_crossed_barrel", "pvlab_agnp", "pvlab_p3ht", "intermat_metal_adhesion", "direct_arylation",
        "btz_solubility_binary_solvents", "hbe_oxidation_potential", "clio_aem", "obelix_solid_electrolytes"]
DROPPED = {"intermat_metal_adhesion": {"film", "substrate"}}
SMILES = {"direct_arylation": {"Base": "Base_SMILES", "Ligand": "Ligand_SMILES", "Solvent": "Solvent_SMILES"}}


def smiles_counts(text):
    """Counts of characters: C, N, O, P, F, aromatic carbon, double bonds, ring closures."""
    sets = ["C", "Nn", "Oo", "P", "F", "c", "=", "123456789"]
    return [float(sum(ch in s for ch in text)) for s in sets]


def load(name):
    folder = os.path.join(os.environ["INTERPHASE_DATA"], name)
    meta = json.load(open(os.path.join(folder, "meta.json")))
    rows = list(csv.DictReader(open(os.path.join(folder, "data.csv"))))
    goal = meta["objectives"][0]
    rows = [r for r in rows if r[goal["name"]] not in ("", "nan")]
    columns = []
    for p in meta["parameters"]:
        if p["name"] in DROPPED.get(name, ()):
            continue
        if p["type"] == "categorical":
            smiles = SMILES.get(name, {}).get(p["name"])
            if smiles:
                block = np.array([smiles_counts(r[smiles]) for r in rows])
                keep = block.max(0) > block.min(0)
                columns += list(block[:, keep].T)
            else:
                for option in p["options"]:
                    columns.append(np.array([float(r[p["name"]] == option) for r in rows]))
        else:
            columns.append(np.array([float(r[p["name"]]) for r in rows]))
    x = np.array([c for c in columns if c.max() > c.min()]).T
    x = (x - x.min(0)) / (x.max(0) - x.min(0))
    y = np.array([float(r[goal["name"]]) for r in rows])
    return x, y if goal["goal"] == "max" else -y


def campaign(x, y, seed):
    rng = np.random.default_rng(seed)
    n, top = len(y), int(round(0.05 * len(y)))
    threshold, best = np.sort(y)[-top], y.max()
    picked = list(rng.choice(n, 2, replace=False))
    while y[picked].max() < best and len(picked) < min(CAP, n):
        kernel = Matern(np.full(x.shape[1], 0.5), (0.01, 100), nu=2.5) + WhiteKernel(1e-2, (1e-6, 1))
        gp = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=1, random_state=seed)
        gp.fit(x[picked], y[picked])
        mean, sd = gp.predict(x, return_std=True)
        sd = np.maximum(sd, 1e-12)
        u = (mean - y[picked].max()) / sd
        ei = sd * (norm.pdf(u) + u * norm.cdf(u))
        ei[picked] = -1
        picked.append(int(np.argmax(ei)))
    trace = y[picked]
    first = int(np.argmax(trace >= threshold)) + 1 if (trace >= threshold).any() else len(picked)
    return first, len(picked)


def main():
    seeds = int(sys.argv[1])
    print("set,seed,top5,best", flush=True)
    for name in sys.argv[2:] or SETS:
        x, y = load(name)
        for seed in range(seeds):
            print(name, seed, *campaign(x, y, seed), sep=",", flush=True)


main()
