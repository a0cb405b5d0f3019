"""A make-believe agent: a ROUTER that says what a test wants said. SPDX-License-Identifier: GPL-3.0-or-later"""
import os
import signal
import subprocess
import sys
import time

import zmq

from interphase import wire
from interphase.wire import Message, Port, Value, Verb

CAMPAIGN = "double/1"
PATIENCE_S = 60


class Agent:
    """One worker at a time, under a state folder that outlives it."""

    def __init__(self, folder, tasks, environment):
        self.folder, self.environment = folder, environment
        self.endpoint = f"ipc://{folder}/agent"
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.bind(self.endpoint)
        self.stop = self.context.socket(zmq.PUB)
        self.stop.bind(f"ipc://{folder}/stop")
        self.route, self.worker = None, None
        self.said = []  # heard, and not yet asked for
        with open(os.path.join(folder, "tasks.py"), "w", encoding="utf-8") as handle:
            handle.write(tasks)

    def close(self):
        self.kill()
        self.socket.close(0)
        self.stop.close(0)
        self.context.term()

    def start(self, *words):
        self.worker = subprocess.Popen(
            [sys.executable, "-B", "-m", "interphase", "tasks.py", "--connect", self.endpoint, "--name", "w", "--state",
             os.path.join(self.folder, "state"), *words], cwd=self.folder, env=self.environment)  # fmt: skip

    def kill(self, number=signal.SIGKILL):
        if self.worker:
            self.worker.send_signal(number)
            self.worker.wait(PATIENCE_S)
            self.worker = None

    def say(self, verb, request=0, epoch=1, **parts):
        if request:
            parts.update(campaign=CAMPAIGN, request=request, epoch=epoch)
        self.socket.send_multipart([self.route, wire.encode(Message(verb, **parts))])

    def hear(self, verb, where=lambda message: True):
        """The next message of this verb; those of other verbs stay for later."""
        end = time.monotonic() + PATIENCE_S
        while True:
            for message in self.said:
                if message.verb == verb and where(message):
                    self.said.remove(message)
                    return message
            if not self.socket.poll(max(0, (end - time.monotonic()) * 1000)):
                raise AssertionError(f"no {Verb(verb).name}; heard {sorted({m.name for m in self.said})}")
            self.route, frame = self.socket.recv_multipart()
            self.said.append(wire.decode(frame))

    def welcome(self):
        """Greets a worker; what it says of itself, and its credit."""
        self.hear(Verb.HELLO)
        self.said.clear()
        self.say(Verb.WELCOME, campaign=CAMPAIGN, interval_ms=50, text=f"ipc://{self.folder}/stop")
        return self.hear(Verb.REGISTER).roster, self.hear(Verb.CREDIT).number

    def offer(self, request, task, epoch=1, cls=wire.REPEATABLE, values=(), wanted=(Port("y", "1"),), **parts):
        self.say(Verb.OFFER, request, epoch, task=task, cls=cls, trial=request, seed=7, wanted=wanted,
                 values=[Value(name, number, unit="1") for name, number in dict(values).items()], **parts)  # fmt: skip

    def acknowledge(self, message, text=None):
        self.say(Verb.RESULT_ACK, message.request, message.epoch, index=message.index, text=text)
