#!/usr/bin/env python3
"""Writes golden_normal.h: tails of the normal distribution to 50 digits (mpmath), rounded to 20.

Usage: python3 tests/surrogates/golden/normal.py > tests/surrogates/numerics/golden_normal.h
"""
from mpmath import mp, mpf, erfc, exp, log, ncdf, nstr, sqrt

mp.dps = 50
XS = ["-25", "-8", "-3.3", "-1", "-0.25", "0", "1e-9", "0.3", "0.99", "1.7", "4.2", "9.99", "10", "10.01", "13",
      "26", "77", "1e3", "1e8"]


def erfcx(x):
    if x > 5000:  # erfc underflows even here: its asymptotic series
        return sum((-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(6)) / (x * sqrt(mp.pi))
    return exp(x * x) * erfc(x)


def log_ndtr(x):
    if x < -1000:
        return -x * x / 2 + log(erfcx(-x / sqrt(2)) / 2)
    return log(ncdf(x)) if x < 5 else mp.log1p(-ncdf(-x))


def slope(x):
    if x < -1000:
        return sqrt(2 / mp.pi) / erfcx(-x / sqrt(2))
    return mp.npdf(x) / ncdf(x)


def printable(v):  # what is no normal double is written as 0
    return v if abs(v) > mpf(10) ** -300 else mpf(0)


print("/* golden_normal.h - x, erfcx(x), ln Phi(x), ln Phi(-x), phi(-x)/Phi(-x); made by golden/normal.py.")
print(" * SPDX-License-Identifier: GPL-3.0-or-later */")
print("#ifndef ITP_GOLDEN_NORMAL_H\n#define ITP_GOLDEN_NORMAL_H\n")
print("static const double GOLDEN_NORMAL[][5] = {")
for text in XS:
    x = mpf(text)
    row = [x, erfcx(x), log_ndtr(x), log_ndtr(-x), slope(-x)]
    print("    {" + ", ".join(nstr(printable(v), 20, min_fixed=0, max_fixed=0) for v in row) + "},")
print("};\n\n#endif")
