"""A campaign with a rehearsal station: processes, and a line between them that can be cut.
SPDX-License-Identifier: GPL-3.0-or-later"""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import cli

CAMPAIGN = """\
campaign: film
seed: 5
parameters:
  c_rate:      {real: [0.05, 1], unit: 1/h, scale: log}
  temperature: {real: [15, 45], unit: degC}
tasks:
  rehearsal.formation:
    connector: rehearsal
    class: physical
    with: {duration: %s, until: %s}
    outputs: {efficiency: {unit: "%%"}}
    lease: 3 s
%sobjectives: [{maximise: efficiency}]
agent:  {design: {sobol: 20}, parallel: 1}
budget: {trials: %d}
%s"""
ACCEPT = b"\x00\x01\x01\x06"  # wire version 1, verb 6: the beginning of a frame (wire.h)


class Line:
    """Between station and agent: forwards bytes, can be cut, and can swallow what follows an ACCEPT."""

    def __init__(self, near, far):
        self.far, self.ends, self.swallows, self.swallowed = far, [], False, threading.Event()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(near)
        self.near, self.up = near, True
        self.server.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near = self.server.accept()[0]
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                if not self.up:
                    raise OSError("cut")
                far.connect(self.far)
            except OSError:
                near.close()
                far.close()
                continue
            self.ends += [near, far]
            threading.Thread(target=self.pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, False), daemon=True).start()

    def pump(self, source, target, upward):
        try:
            while data := source.recv(65536):
                if upward and self.swallows and ACCEPT in data:
                    self.swallowed.set()
                if upward or not self.swallowed.is_set():
                    target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.up = False
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.ends = []

    def mend(self):
        self.swallows = False
        self.swallowed.clear()
        self.up = True

    def close(self):
        self.cut()
        self.server.close()


class Case(cli.Case):
    """An agent without workers of its own, and stations beside it."""

    def setUp(self):
        super().setUp()
        self.running = []

    def tearDown(self):
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()
        super().tearDown()

    def until(self, what, seconds=int(os.environ.get("ITP_PATIENCE", "120"))):
        """Waits for an event, however slow the machine is; returns what it found."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        self.fail(f"not within {seconds} s; status:\n{self.run_cli('status', 'film.journal')}")

    def campaign(self, duration="1 h", trials=1, task="", more=""):
        self.write("film.yaml", CAMPAIGN % (duration, self.path("done"), task, trials, more))

    def agent(self, *words):
        process = self.start("run", "film.yaml", "--workers", "0", "--listen", f"ipc://{self.path('agent')}",
                             *(words or ("--quiet",)))
        self.running.append(process)
        self.until(lambda: self.kinds() and os.path.exists(self.path("agent")))
        return process

    def station(self, name="bench-1", line="agent", *words):
        config = json.dumps({"moves": self.path("moves")})
        process = self.start("worker", "--connect", f"ipc://{self.path(line)}", "--connector", "rehearsal", "--name",
                             name, "--state", self.path(name), "--config", config, *words)
        self.running.append(process)
        return process

    def moves(self):
        """What has moved, as "request.epoch"."""
        try:
            with open(self.path("moves"), encoding="utf-8") as handle:
                return handle.read().split()
        except FileNotFoundError:
            return []

    def moved(self):
        """The requests that have moved something, in order: twice the same would be the disaster."""
        return [int(move.split(".")[0]) for move in self.moves()]

    def request(self, number=1):
        """An open request as `status --json` has it; None when it is closed or not there yet."""
        for request in self.json("status", "film.journal", "--json")["open"]:
            if request["request"] == number:
                return request
        return None

    def until_state(self, state, number=1):
        return self.until(lambda: (self.request(number) or {}).get("state") == state and self.request(number))

    def until_why(self, text, number=1):
        return self.until(lambda: text in str((self.request(number) or {}).get("why")) and self.request(number))

    def let_go(self):
        """The instrument comes to its end: every formation, from now on."""
        self.write("done", "")

    def kinds(self):
        """Of all events; none as long as there is no journal."""
        try:
            return [kind for (kind,) in self.rows("select kind from event order by seq", "film.journal")]
        except sqlite3.OperationalError:
            return []

    def kill(self, process):
        process.kill()
        process.communicate()

    def finish(self, process, code=0):
        out, err = process.communicate(timeout=240)
        self.assertEqual(process.returncode, code, out + err)
        self.assertIn("verified:", self.run_cli("replay", "film.journal", "--verify"))
        return out + err
