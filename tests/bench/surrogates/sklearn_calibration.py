#!/usr/bin/env python3
"""Calibration of scikit-learn's GP (Matern-5/2 ARD + white noise, 5 restarts) on one table, two lines out.

Usage: sklearn_calibration.py TABLE   (x1 .. xd y fold on each line; x in the unit cube)
Prints coverage of the 50, 90 and 95 % intervals, log predictive density, RMSE and rank correlation: first leave-one-out
in closed form at one fit of all rows, then over the test rows of the five folds.
"""
import sys
import warnings

import numpy as np
from scipy.stats import norm, spearmanr
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel

warnings.filterwarnings("ignore")
table = np.loadtxt(sys.argv[1])
x, y, fold = table[:, :-2], table[:, -2], table[:, -1].astype(int)


def fit(x, y):
    kernel = Matern([1.0] * x.shape[1], (1e-2, 1e3), nu=2.5) + WhiteKernel(0.01, (1e-8, 10))
    return GaussianProcessRegressor(kernel, alpha=1e-10, normalize_y=True, n_restarts_optimizer=5, random_state=1).fit(x, y)


def show(y, mean, sd, rank):
    z = np.abs(y - mean) / sd
    cover = [np.mean(z <= norm.ppf(0.5 + p / 2)) for p in (0.5, 0.9, 0.95)]
    print(*cover, np.mean(norm.logpdf(y, mean, sd)), np.sqrt(np.mean((y - mean) ** 2)), rank)


model = fit(x, y)
centre, scale = model._y_train_mean, model._y_train_std
inverse = np.linalg.inv(model.kernel_(x) + 1e-10 * np.eye(len(x)))
target = (y - centre) / scale
mean = target - inverse @ target / np.diag(inverse)
show(y, centre + scale * mean, scale / np.sqrt(np.diag(inverse)), spearmanr(mean, y)[0])
mean, sd = np.empty_like(y), np.empty_like(y)
for f in range(5):
    test = fold == f
    model = fit(x[~test], y[~test])
    m, s = model.predict(x[test], return_std=True)
    mean[test], sd[test] = m, s  # the white kernel is part of predict's variance at new points
show(y, mean, sd, 0)
