#!/usr/bin/env python3
"""Writes golden_exact.h: log likelihood, posterior mean and covariance of fixed models.

Well-conditioned cases come from scikit-learn for each kernel both have; ill-conditioned ones (RBF, close points, noise
down to 1e-14: condition numbers to 1e14) from mpmath with 50 digits.
Usage: python3 tests/surrogates/golden/exact.py > tests/surrogates/models/golden_exact.h
"""
import mpmath as mp
import numpy as np
from sklearn.gaussian_process.kernels import RBF, DotProduct, ExpSineSquared, Matern, RationalQuadratic

N, Q, D = 12, 3, 2
rng = np.random.RandomState(5)
X, XQ, Y = rng.rand(N, D), rng.rand(Q, D), rng.randn(N)
LENGTH, ALPHA, NOISE = [0.4, 0.9], 0.7, 0.01
CASES = [("matern12", Matern(LENGTH, nu=0.5), D), ("matern32", Matern(LENGTH, nu=1.5), D),
         ("matern52", Matern(LENGTH, nu=2.5), D), ("rbf", RBF(LENGTH), D),
         ("rq", RationalQuadratic(0.4, ALPHA), D), ("linear", DotProduct(0), D), ("periodic", ExpSineSquared(0.8, 1), 1)]


def show(values):
    return "{" + ", ".join("%.17g" % v for v in np.ravel(values)) + "}"


def from_sklearn(kernel, d):
    x, xq = (X[:, :d], XQ[:, :d]) if not isinstance(kernel, DotProduct) else (X - 0.5, XQ - 0.5)
    K = kernel(x) + NOISE * np.eye(N)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(K, Y)
    ll = -0.5 * Y @ alpha - np.log(np.diag(L)).sum() - 0.5 * N * np.log(2 * np.pi)
    Ks = kernel(xq, x)
    return ll, Ks @ alpha, kernel(xq) - Ks @ np.linalg.solve(K, Ks.T)


def from_mpmath(noise, spread):
    mp.mp.dps = 50
    x = [[mp.mpf(float(v)) for v in row * spread] for row in X]
    xq = [[mp.mpf(float(v)) for v in row * spread] for row in XQ]
    k = lambda a, b: mp.exp(-sum(((p - q) / mp.mpf(l)) ** 2 for p, q, l in zip(a, b, LENGTH)) / 2)
    K = mp.matrix(N, N)
    for i in range(N):
        for j in range(N):
            K[i, j] = k(x[i], x[j]) + (mp.mpf(noise) if i == j else 0)
    # outcomes of the smooth function itself: exact data, as in an ill-conditioned campaign
    y = mp.matrix([mp.sin(3 * a[0]) + a[1] for a in x])
    inverse = K ** -1
    alpha = inverse * y
    ll = -(y.T * alpha)[0] / 2 - mp.log(mp.det(K)) / 2 - mp.mpf(N) / 2 * mp.log(2 * mp.pi)
    Ks = mp.matrix([[k(a, b) for b in x] for a in xq])
    cov = mp.matrix([[k(a, b) for b in xq] for a in xq]) - Ks * inverse * Ks.T
    ev = mp.eigsy(K, eigvals_only=True)
    return [float(v) for v in y], float(ll), [float(v) for v in Ks * alpha], [float(v) for v in cov], float(max(ev) / min(ev))


print("/* golden_exact.h - made by golden/exact.py. SPDX-License-Identifier: GPL-3.0-or-later */")
print("#ifndef ITP_GOLDEN_EXACT_H\n#define ITP_GOLDEN_EXACT_H\n")
print("enum { GOLDEN_N = %d, GOLDEN_Q = %d, GOLDEN_D = %d };" % (N, Q, D))
print("static const double GOLDEN_X[] = %s;\nstatic const double GOLDEN_XQ[] = %s;\nstatic const double GOLDEN_Y[] = %s;"
      % (show(X), show(XQ), show(Y)))
print("typedef struct { const char *kernel; int d; double log_likelihood, mean[3], cov[9]; } golden_case;")
print("static const golden_case GOLDEN_CASES[] = {")
for name, kernel, d in CASES:
    ll, mean, cov = from_sklearn(kernel, d)
    print('{"%s", %d, %.17g, %s, %s},' % (name, d, ll, show(mean), show(cov)))
print("};")
print("typedef struct { double noise, spread, condition, y[12], log_likelihood, mean[3], cov[9]; } golden_hard;")
print("static const golden_hard GOLDEN_HARD[] = {")
for noise, spread in ((1e-6, 1.0), (1e-9, 1.0), (1e-12, 0.5), (1e-13, 0.5)):
    y, ll, mean, cov, condition = from_mpmath(noise, spread)
    print("{%.17g, %.17g, %.3g, %s, %.17g, %s, %s}," % (noise, spread, condition, show(y), ll, show(mean), show(cov)))
print("};\n\n#endif")
