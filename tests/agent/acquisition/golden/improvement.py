#!/usr/bin/env python3
"""Writes golden_improvement.h: ln h(u), h = phi + u Phi, and its slope, to 60 digits (mpmath), rounded to 20.

Usage: python3 tests/agent/acquisition/golden/improvement.py > tests/agent/acquisition/golden_improvement.h
"""
from mpmath import erfc, exp, log, mp, mpf, ncdf, npdf, nstr, sqrt

mp.dps = 60
US = ["-1e8", "-1e7", "-3e6", "-1e6", "-123456", "-1e4", "-5000", "-1000", "-300", "-100.1", "-100", "-99.9", "-50",
      "-30.01", "-30", "-29.99", "-20", "-10", "-5", "-2.5", "-1.01", "-1", "-0.99", "-0.5", "-1e-3", "0", "0.1",
      "0.7", "0.9", "1.5", "3", "8", "20", "40"]


def one_minus_tm(t):
    """1 - t Mills(t): directly with guard digits, or its series where that has converged to 60 digits."""
    if t > 2000:
        return -sum((-1) ** k * mp.fac2(2 * k - 1) / t ** (2 * k) for k in range(1, 14))
    with mp.workdps(120):
        return +(1 - t * sqrt(mp.pi / 2) * exp(t * t / 2) * erfc(t / sqrt(mpf(2))))


print("/* Written by golden/improvement.py: {u, ln h(u), d ln h/du}. SPDX-License-Identifier: GPL-3.0-or-later */")
print("static const double IMPROVEMENT[][3] = {")
for text in US:
    u = mpf(text)
    if u < -1:
        rest = one_minus_tm(-u)
        value = -u * u / 2 - log(2 * mp.pi) / 2 + log(rest)
        slope = (1 - rest) / -u / rest
    else:
        h = npdf(u) + u * ncdf(u)
        value, slope = log(h), ncdf(u) / h
    print(f"    {{{text}, {nstr(value, 20)}, {nstr(slope, 20)}}},")
print("};")
