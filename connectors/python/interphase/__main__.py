"""python3 -m interphase TASKS.py --connect ENDPOINT: a worker on the command line.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import argparse
import json
import logging
import os
import sys

from . import VERSION, result, units
from .child import load
from .signature import SignatureError
from .store import StoreError

USAGE, FAILURE = 2, 3
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="interphase worker --connector TASKS.py",
        description="Performs the tasks of a Python file for the agent at ENDPOINT, until it is told to stop.",
        epilog="Exit codes: 0 stopped, 2 usage, 3 failure.",
    )
    p.add_argument("file", nargs="?", metavar="TASKS.py", help="the file with the tasks")
    p.add_argument("--connector", metavar="TASKS.py", help="the same, as `interphase worker` says it")
    p.add_argument("--connect", metavar="ENDPOINT", help="where the agent listens: tcp://HOST:PORT, or ipc://PATH on one machine")
    p.add_argument("--key", default="", metavar="FILE", help="our key, as `interphase enrol` has written it (TCP); it"
                   " names the agent too, so that --connect may be left out")  # fmt: skip
    p.add_argument("--server-key", default="", metavar="KEY",
                   help="the agent's public key, or a file with it, where our key has none")  # fmt: skip
    p.add_argument("--slots", type=int, default=1, metavar="N", help="attempts at a time, each a process (default 1)")
    p.add_argument("--name", default="", metavar="ID", help="as the agent shows this worker (default HOST-FILE)")
    p.add_argument("--base", default=".", metavar="FOLDER", help="relative paths start here (default: this folder)")
    p.add_argument("--state", default="", metavar="FOLDER",
                   help="outbox, ledger and attempts (default ~/.local/state/interphase/ID)")  # fmt: skip
    p.add_argument("--sample-file", default="", metavar="FILE",
                   help="its first line names the sample that is loaded at this station; read again as it changes")  # fmt: skip
    p.add_argument("--bound", action="append", default=[], metavar='"NAME=LOW..HIGH UNIT"',
                   help="this station takes the input within these bounds only; may be repeated")  # fmt: skip
    p.add_argument("--drain", action="store_true", help="on SIGTERM or SIGINT finish running work first")
    p.add_argument("--die-with-parent", action="store_true", help="end when the process that started this one does")
    p.add_argument("--log", choices=LEVELS, default="warn", help="least level on standard error")
    p.add_argument("--describe", action="store_true", help="print the tasks as JSON")
    p.add_argument("--check", nargs=2, metavar=("TASK", "OPTIONS"), help="check a task's options (a JSON object)")
    p.add_argument("--allow", action="append", default=[], metavar="FILE",
                   help="a Python file that a campaign may name as a model; may be repeated")  # fmt: skip
    # Of `interphase worker`, and without a meaning here: a file of tasks runs what its owner wrote.
    p.add_argument("--config", help=argparse.SUPPRESS)
    p.add_argument("--version", action="version", version=f"interphase (Python) {VERSION}")
    return p


def _check(path: str, name: str, options: str) -> int:
    tasks = load(path)
    if name not in tasks:
        print(f"{path} performs no task {name}; it has {', '.join(tasks)}", file=sys.stderr)
        return USAGE
    try:
        result.options_of(tasks[name].signature, options)
    except ValueError as why:
        print(why, file=sys.stderr)
        return USAGE
    return 0


def main(words: list[str] | None = None) -> int:
    parser = _parser()
    a = parser.parse_args(words)
    file = a.file or a.connector
    if not file:
        parser.error("the file with the tasks is missing")
    if not a.describe and not a.check and not a.connect and not a.key:
        parser.error("--connect is missing")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=LEVELS[a.log], stream=sys.stderr)
    from . import worker  # not before: what does not speak to an agent does without pyzmq

    try:
        if a.check:
            return _check(os.path.join(a.base, file), *a.check)
        if a.describe:
            print(json.dumps(worker.describe(file, a.base)))
            return 0
        worker.run(worker.Options(
            file=file, connect=a.connect or "", key=a.key, server_key=a.server_key, connector=a.connector or file,
            slots=a.slots, name=a.name, base=a.base, state=a.state, drain=a.drain, die_with_parent=a.die_with_parent,
            allow=a.allow, sample_file=a.sample_file, bounds=a.bound,
        ))  # fmt: skip
    except (worker.WorkerError, StoreError, OSError, ImportError, ValueError, SignatureError, units.UnitError) as why:
        print(f"interphase worker: {why}", file=sys.stderr)
        return FAILURE
    return 0


if __name__ == "__main__":
    sys.exit(main())
