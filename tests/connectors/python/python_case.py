"""Campaigns whose tasks are Python files. SPDX-License-Identifier: GPL-3.0-or-later"""
import cli

TASKS = '''\
import math
import time

import interphase
from interphase import Unit


@interphase.task("f")
def branin(x1: float, x2: float, *, latency: float = 0.0) -> {"value": Unit("1")}:
    time.sleep(latency)
    a = x2 - 5.1 * x1**2 / (4 * math.pi**2) + 5 * x1 / math.pi - 6
    return {"value": a * a + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x1) + 10}
'''
CAMPAIGN = """\
campaign: branin
seed: 3
parameters:
  x1: {real: [-5, 10]}
  x2: {real: [0, 15]}
tasks:
  f: {connector: ./tasks.py, with: {latency: %g}, outputs: {value: {unit: "1"}}, lease: 5 s, timeout: %g s}
objectives: [{minimise: value}]
budget: {trials: %d}
%s"""


class Case(cli.Case):
    def setUp(self):
        super().setUp()
        self.environment["XDG_STATE_HOME"] = self.folder

    def write_campaign(self, trials=12, latency=0.0, timeout=60.0, tasks=TASKS, more=""):
        self.write("tasks.py", tasks)
        self.write("branin.yaml", CAMPAIGN % (latency, timeout, trials, more))
