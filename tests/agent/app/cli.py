"""The programs under test, run in a folder that is thrown away. SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

BUILD = os.environ["ITP_BUILD_DIR"]
SOURCE = os.environ["ITP_SOURCE_DIR"]
PROGRAM = os.path.join(BUILD, "bin", "interphase")

BRANIN = """\
campaign: branin
seed: 3
parameters:
  x1: {real: [-5, 10]}
  x2: {real: [0, 15]}
tasks:
  f: {connector: function, with: {name: branin%s}, outputs: {value: {unit: "1"}}, lease: 5 s%s}
objectives: [{minimise: value}]
budget: {trials: %d}
%s"""


class Case(unittest.TestCase):
    """A test in a folder of its own; sockets are in it too, so that tests never meet."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="itp")
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder)

    def tearDown(self):
        if os.environ.get("ITP_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as handle:
            handle.write(text)

    def start(self, *words, **options):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run_cli(self, *words, code=0):
        process = self.start(*words)
        out, err = process.communicate(timeout=240)
        self.assertEqual(process.returncode, code, f"interphase {' '.join(words)}\n{out}\n{err}")
        return out + err

    def rows(self, query, journal="branin.journal"):
        connection = sqlite3.connect(f"file:{self.path(journal)}?mode=ro", uri=True)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def json(self, *words):
        return json.loads(self.run_cli(*words))
