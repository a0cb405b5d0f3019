"""The Python worker, verb by verb, as a repeatable worker and as a station.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import signal
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

import zmq

from double import Agent
from interphase import wire
from interphase.wire import PHYSICAL, Answer, Cause, Message, Verb

TASKS = """\
import os, time
import interphase
from interphase import Unit

@interphase.task
def double(x: float) -> {"y": Unit("1")}:
    return {"y": 2 * x}

@interphase.task
def spin(x: float) -> {"y": Unit("1")}:
    import ctypes
    pid = os.fork()                      # what it has started has to end with it
    if pid == 0:
        time.sleep(600)
    with open(interphase.attempt().path("child"), "w") as out:
        out.write(str(pid))
    ctypes.PyDLL(None).sleep(600)        # never lets go of the interpreter
    return {"y": x}

@interphase.task
def count(n: int) -> {"y": Unit("1")}:
    for i in range(n):
        interphase.attempt().emit(i, {"y": i * i})
        interphase.attempt().progress(i / n, f"step {i}")
    return {"y": -1}
"""
STATION = """\
import os, time
import interphase
from interphase import Unit
from interphase import Refused

@interphase.task(physical=True)
def move(x: float) -> {"y": Unit("1")}:
    with open(os.path.join(BASE, "moved"), "a") as out:
        out.write("x")
    while os.path.exists(os.path.join(BASE, "hold")):
        time.sleep(0.01)
    if os.path.exists(os.path.join(BASE, "stopped")):
        raise interphase.Unsafe("stopped")
    return {"y": x + 1}

BASE = os.getcwd()

@move.prepare
def prepare(x):
    if x < 0:
        raise Refused("no sample is loaded")

@move.safe_stop
def stop():
    open(os.path.join(BASE, "stopped"), "w").close()
"""


class Protocol(unittest.TestCase):
    tasks = TASKS

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="itp")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.agent = Agent(self.folder, self.tasks, dict(os.environ))
        self.addCleanup(self.agent.close)

    def path(self, name):
        return os.path.join(self.folder, name)

    def until(self, holds):
        end = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), end, "waited for too long")
            time.sleep(0.01)

    def begin(self, *words):
        self.agent.start(*words)
        return self.agent.welcome()


    @staticmethod
    def is_gone(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as handle:
                return ") Z " in handle.read()
        except FileNotFoundError:
            return True

    @staticmethod
    def is_written(path, text):
        try:
            with open(path, "rb") as handle:
                return text.encode() in handle.read()
        except FileNotFoundError:
            return False


class Worker(Protocol):
    def test_says_who_it_is(self):
        roster, credit = self.begin("--slots", "3")
        self.assertEqual((roster.tasks, roster.connector, roster.slots, roster.cls, roster.ledger, credit),
                         (("double", "spin", "count"), "tasks.py", 3, 0, None, 3))  # fmt: skip
        self.agent.kill(signal.SIGTERM)
        self.agent.hear(Verb.BYE)

    def test_a_result_is_kept_until_it_is_acknowledged(self):
        self.begin()
        self.agent.offer(1, "double", values={"x": 4})
        first = self.agent.hear(Verb.RESULT)
        self.assertEqual((first.values[0].number, first.values[0].unit), (8, "1"))
        database = self.path("state/worker.db")
        self.until(lambda: self.is_written(database + "-wal", first.provenance))
        self.agent.kill()
        roster, _ = self.begin()
        self.assertEqual(roster.holding, ((1, 1),))
        again = self.agent.hear(Verb.RESULT)
        self.assertEqual(again.provenance, first.provenance)
        self.agent.acknowledge(again)
        self.agent.offer(2, "double", values={"x": 1})  # answered behind the acknowledgement
        self.agent.acknowledge(self.agent.hear(Verb.RESULT))
        self.agent.say(Verb.QUERY, 1)
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.NEVER_STARTED)
        self.agent.kill(signal.SIGTERM)
        rows = sqlite3.connect(database).execute("select count(*) from outbox").fetchone()
        self.assertEqual(rows, (0,))

    def test_the_same_offer_twice_is_one_attempt(self):
        self.begin()
        self.agent.offer(1, "double", values={"x": 4})
        self.agent.offer(1, "double", values={"x": 4})
        self.agent.hear(Verb.RESULT)
        self.agent.offer(1, "double", values={"x": 4})
        again = self.agent.hear(Verb.RESULT)
        self.assertEqual((again.request, again.values[0].number), (1, 8))

    def test_heartbeats_go_on_while_a_function_holds_the_interpreter(self):
        self.begin()
        self.agent.offer(1, "spin", values={"x": 1})
        self.until(lambda: os.path.exists(self.path("child")) and os.path.getsize(self.path("child")))
        for _ in range(5):
            beat = self.agent.hear(Verb.HEARTBEAT)
            self.assertEqual([(p.request, p.epoch) for p in beat.progress], [(1, 1)])
        self.agent.say(Verb.CANCEL, 1)
        failure = self.agent.hear(Verb.FAILURE)
        self.assertEqual((failure.cause, failure.text), (Cause.CANCELLED, "cancelled"))
        with open(self.path("child"), encoding="utf-8") as handle:
            pid = int(handle.read())
        self.until(lambda: self.is_gone(pid))
        self.agent.offer(2, "double", values={"x": 1})  # in a process of its own, made anew
        self.assertEqual(self.agent.hear(Verb.RESULT).values[0].number, 2)

    def test_a_deadline_is_a_timeout(self):
        self.begin()
        self.agent.offer(1, "spin", values={"x": 1}, time_limit_s=0.2)
        failure = self.agent.hear(Verb.FAILURE)
        self.assertEqual((failure.cause, failure.text), (Cause.TIMEOUT, "not done within 0.2 s"))

    def test_indexed_measurements_and_progress(self):
        self.begin()
        self.agent.offer(1, "count", values={"n": 4})
        heard = [self.agent.hear(Verb.RESULT) for _ in range(5)]
        self.assertEqual([(m.index, m.values[0].number) for m in heard], [(0, 0), (1, 1), (2, 4), (3, 9), (-1, -1)])

    def test_refusals_name_what_is_wrong(self):
        self.begin()
        self.agent.offer(1, "double")
        self.assertIn("needs input x", self.agent.hear(Verb.FAILURE).text)
        self.agent.offer(2, "double", values={"x": 1, "z": 1})
        self.assertIn("takes no input z", self.agent.hear(Verb.FAILURE).text)
        self.agent.offer(3, "double", values={"x": 1}, options='{"speed": 2}')
        self.assertIn('unknown option "speed"', self.agent.hear(Verb.FAILURE).text)
        self.agent.offer(4, "triple")
        self.assertIn("performs no task triple", self.agent.hear(Verb.DECLINE).text)

    def test_pause_queues_and_resume_goes_on(self):
        self.begin()
        self.agent.say(Verb.PAUSE)
        self.agent.offer(1, "double", values={"x": 1})
        for _ in range(3):
            self.agent.hear(Verb.HEARTBEAT)
        self.assertNotIn(Verb.RESULT, [m.verb for m in self.agent.said])
        self.agent.say(Verb.RESUME)
        self.agent.hear(Verb.RESULT)

    def test_bytes_that_are_no_message_are_answered_and_survived(self):
        self.begin()
        for bad in (b"", b"\xc1", b"\x81\x00\x01", bytes(range(50))):
            self.agent.socket.send_multipart([self.agent.route, bad])
            self.assertTrue(self.agent.hear(Verb.ERROR).text)
        self.agent.offer(1, "double", values={"x": 1})
        self.agent.hear(Verb.RESULT)

    def test_a_restarted_agent_is_greeted_again(self):
        self.begin()
        self.agent.offer(1, "double", values={"x": 1})
        self.agent.hear(Verb.RESULT)
        self.agent.socket.close(0)
        self.agent.socket = self.agent.context.socket(zmq.ROUTER)
        self.until(lambda: not self._bind_fails())
        roster, _ = self.agent.welcome()
        self.assertEqual(roster.holding, ((1, 1),))
        self.agent.acknowledge(self.agent.hear(Verb.RESULT))

    def _bind_fails(self):
        try:
            self.agent.socket.bind(self.agent.endpoint)
        except zmq.ZMQError:
            return True
        return False


class Station(Protocol):
    tasks = STATION

    def moved(self):
        try:
            return os.path.getsize(self.path("moved"))
        except FileNotFoundError:
            return 0

    def take(self, request, epoch=1, x=1.0):
        self.agent.offer(request, "move", epoch, PHYSICAL, {"x": x})

    def begin_moving(self, request):
        open(self.path("hold"), "w", encoding="utf-8").close()
        self.take(request)
        self.agent.hear(Verb.ACCEPT)
        self.agent.say(Verb.START, request)
        self.agent.hear(Verb.STARTED)
        self.until(lambda: self.moved() == 1)

    def test_nothing_moves_before_start(self):
        roster, _ = self.begin()
        self.assertEqual(roster.cls, PHYSICAL)
        self.assertEqual(len(roster.ledger), 32)
        self.take(1)
        self.agent.hear(Verb.ACCEPT)
        self.take(1)  # the ACCEPT was lost, thinks the agent
        self.agent.hear(Verb.ACCEPT)
        self.assertEqual(self.moved(), 0)
        self.agent.say(Verb.START, 1)
        self.agent.hear(Verb.STARTED)
        result = self.agent.hear(Verb.RESULT)
        self.assertEqual((self.moved(), result.values[0].number), (1, 2))
        self.agent.acknowledge(result)
        self.take(1, 2)
        self.assertIn("has started this request before (epoch 1)", self.agent.hear(Verb.DECLINE).text)

    def test_the_sample_and_the_bounds_are_said_and_kept(self):
        def load(sample):
            with open(self.path("loaded"), "w", encoding="utf-8") as handle:
                handle.write(sample + "\n")

        load("pouch-18")
        roster, _ = self.begin("--sample-file", self.path("loaded"), "--bound", "x=0..5")
        self.assertEqual(roster.sample, "pouch-18")
        self.assertEqual([tuple(bound) for bound in roster.bounds], [(None, "x", "1", 0.0, 5.0)])
        self.take(1, x=7)
        self.assertEqual(self.agent.hear(Verb.DECLINE).text, "x = 7 1: this station takes 0 to 5 1")
        self.agent.offer(2, "move", 1, PHYSICAL, {"x": 1}, sample="pouch-17")
        self.assertEqual(self.agent.hear(Verb.DECLINE).text, "sample pouch-17 is wanted, pouch-18 is loaded")
        load("pouch-17")
        self.assertEqual(self.agent.hear(Verb.REGISTER).roster.sample, "pouch-17")
        self.agent.offer(3, "move", 1, PHYSICAL, {"x": 1}, sample="pouch-17")
        self.assertEqual(self.agent.hear(Verb.ACCEPT).sample, "pouch-17")
        os.unlink(self.path("loaded"))  # taken out between ACCEPT and START
        self.agent.say(Verb.START, 3)
        self.assertEqual(self.agent.hear(Verb.DECLINE).text, "sample pouch-17 is wanted, (none) is loaded")
        self.assertEqual(self.moved(), 0)

    def test_what_is_not_ready_is_declined(self):
        self.begin()
        self.take(1, x=-1)
        self.assertEqual(self.agent.hear(Verb.DECLINE).text, "no sample is loaded")
        self.agent.offer(2, "move", values={"x": 1})
        failure = self.agent.hear(Verb.FAILURE)
        self.assertEqual(failure.cause, Cause.REFUSED)
        self.assertIn("the campaign must say class: physical", failure.text)

    def test_never_started_is_refused_before_it_is_said(self):
        self.begin()
        self.take(1)
        self.agent.hear(Verb.ACCEPT)
        self.agent.say(Verb.QUERY, 1)
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.NEVER_STARTED)
        self.agent.say(Verb.START, 1)  # delayed: must not fire
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.NEVER_STARTED)
        self.take(1)
        self.assertIn("refused up to epoch 1", self.agent.hear(Verb.DECLINE).text)
        self.take(1, 2)
        self.agent.hear(Verb.ACCEPT)
        self.assertEqual(self.moved(), 0)

    def test_a_station_killed_while_it_moves_is_not_ready_until_resolved(self):
        generation = self.begin()[0].ledger
        self.begin_moving(1)
        self.agent.kill()
        roster, credit = self.begin()
        self.assertEqual((roster.ledger, roster.holding, credit), (generation, ((1, 1),), 0))
        self.agent.say(Verb.QUERY, 1)
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.STARTED_UNKNOWN)
        self.agent.say(Verb.START, 1)  # no reason to decline: another station would begin
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.STARTED_UNKNOWN)
        self.take(2)
        self.assertIn("not ready: request 1", self.agent.hear(Verb.DECLINE).text)
        os.remove(self.path("hold"))
        self.agent.say(Verb.RESULT_ACK, 1, text="resolved by a person")
        self.assertEqual(self.agent.hear(Verb.CREDIT).number, 1)
        self.take(2)
        self.agent.hear(Verb.ACCEPT)
        self.agent.say(Verb.START, 2)
        self.agent.hear(Verb.RESULT)
        self.assertEqual(self.moved(), 2)

    def test_a_crashed_function_leaves_its_outcome_unknown(self):
        self.begin()
        self.begin_moving(1)
        slots = subprocess.check_output(["pgrep", "-P", str(self.agent.worker.pid)], text=True).split()
        os.kill(int(slots[0]), signal.SIGKILL)
        self.assertEqual(self.agent.hear(Verb.CREDIT).number, 0)
        self.agent.say(Verb.QUERY, 1)
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.STARTED_UNKNOWN)

    def test_a_lost_ledger_is_another_generation(self):
        generation = self.begin()[0].ledger
        self.agent.kill()
        for name in os.listdir(self.path("state")):
            if name.startswith("worker.db"):
                os.remove(os.path.join(self.path("state"), name))
        self.assertNotEqual(self.begin()[0].ledger, generation)

    def test_done_is_told_again_after_its_acknowledgement(self):
        self.begin()
        self.take(1)
        self.agent.hear(Verb.ACCEPT)
        self.agent.say(Verb.START, 1)
        self.agent.acknowledge(self.agent.hear(Verb.RESULT))
        self.agent.kill(signal.SIGTERM)
        self.begin()
        self.agent.say(Verb.QUERY, 1)
        self.assertEqual(self.agent.hear(Verb.ANSWER).number, Answer.DONE)
        self.assertEqual(self.agent.hear(Verb.RESULT).values[0].number, 2)

    def test_safe_stop_reaches_a_running_function(self):
        self.begin()
        self.begin_moving(1)

        def stopped():
            self.agent.stop.send(wire.encode(Message(Verb.SAFE_STOP, worker="another")))
            self.agent.stop.send(wire.encode(Message(Verb.SAFE_STOP, worker="key/w")))  # until we are listened to
            return os.path.exists(self.path("stopped"))

        self.until(stopped)
        self.agent.hear(Verb.SAFE_STOP)
        self.assertEqual(self.agent.hear(Verb.CREDIT).number, 0)
        self.take(2)
        self.assertIn("stopped for safety", self.agent.hear(Verb.DECLINE).text)
        os.remove(self.path("hold"))
        failure = self.agent.hear(Verb.FAILURE)  # of a person's making, so that no model learns from it
        self.assertEqual((failure.cause, failure.text), (Cause.CANCELLED, "stopped"))
        self.agent.say(Verb.RESUME)  # of a campaign that was paused
        self.take(3)
        self.agent.hear(Verb.DECLINE)
        self.agent.say(Verb.RESUME, worker="w")
        self.assertEqual(self.agent.hear(Verb.CREDIT).number, 1)
        self.take(4)
        self.agent.hear(Verb.ACCEPT)

    def test_physical_work_is_finished_whatever_the_hurry(self):
        self.begin()
        self.begin_moving(1)
        self.agent.worker.send_signal(signal.SIGTERM)
        self.agent.worker.send_signal(signal.SIGTERM)
        self.agent.hear(Verb.CREDIT)
        os.remove(self.path("hold"))
        self.assertEqual(self.agent.hear(Verb.RESULT).values[0].number, 2)
        self.assertEqual(self.agent.worker.wait(60), 0)

    def test_two_workers_cannot_share_a_state(self):
        self.begin()
        self.agent.hear(Verb.HEARTBEAT)
        first, self.agent.worker = self.agent.worker, None
        self.agent.start()
        self.assertEqual(self.agent.worker.wait(60), 3)
        self.agent.worker = first


if __name__ == "__main__":
    unittest.main()
