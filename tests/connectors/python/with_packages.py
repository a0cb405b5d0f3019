"""Runs a script with the first Python that has pyzmq and msgpack; 77 (skip) when none has.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys

SOURCE = os.environ["ITP_SOURCE_DIR"]

for python in (os.environ.get("INTERPHASE_PYTHON"), sys.executable, "/usr/bin/python3"):
    if python and subprocess.run([python, "-c", "import zmq, msgpack"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        paths = [os.path.join(SOURCE, "connectors", "python"), os.path.join(SOURCE, "tests", "agent", "app")]
        # Programs built with sanitizers load their runtime first; a plain interpreter needs none of that.
        os.environ["PYTHONPATH"] = os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])
        os.environ["INTERPHASE_PYTHON"] = python
        os.execv(python, [python, "-B", *sys.argv[1:]])
print("skipped: no Python here has pyzmq and msgpack (Debian: python3-zmq python3-msgpack)")
sys.exit(77)
