"""A peer with a key of its own floods the agent with well-formed frames: it is slowed down, then not heard, each with a
reason; the others never notice. SPDX-License-Identifier: GPL-3.0-or-later"""
import time
import unittest

import zmq

import e2e_security
from interphase import keys, wire


class Flooder:
    """A connection that says what it likes."""

    def __init__(self, context, key, endpoint, task="nothing"):
        self.task = task
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SNDTIMEO, 30000)
        self.socket.setsockopt(zmq.RCVTIMEO, 30000)
        pair = keys.read(key)
        keys.Credentials(endpoint, pair, *pair.agents.values()).lock(self.socket)
        self.socket.connect(endpoint)
        self.campaign = None

    def say(self, verb, **fields):
        self.socket.send(wire.encode(wire.Message(verb, campaign=self.campaign, **fields)))

    def heard(self, timeout_ms=0):
        """What has come, up to the first silence of so long."""
        while self.socket.poll(timeout_ms):
            yield wire.decode(self.socket.recv())

    def register(self):
        self.say(wire.Verb.HELLO, worker="flooder", text="1")
        while (welcome := wire.decode(self.socket.recv())).verb != wire.Verb.WELCOME:
            pass
        self.campaign = welcome.campaign
        self.enlist()

    def enlist(self):
        self.say(wire.Verb.REGISTER, worker="flooder", roster=wire.Roster((self.task,), "function", slots=1))


class Flood(e2e_security.Secure):
    def setUp(self):
        super().setUp()
        self.context = zmq.Context()
        for name in ("honest", "flooder"):
            self.run_cli("enrol", name, "--connect", "tcp://127.0.0.1:1")

    def tearDown(self):
        self.context.destroy(linger=0)
        super().tearDown()

    def flooder(self, endpoint):
        flooder = Flooder(self.context, self.path("flooder.key"), endpoint)
        self.addCleanup(flooder.socket.close)
        flooder.register()
        return flooder

    @staticmethod
    def flood(n, flooder, say):
        """Says it n times; the verbs that came meanwhile."""
        verbs = []
        for i in range(n):
            say(flooder)
            if i % 1000 == 0:
                verbs += [m.verb for m in flooder.heard()]
        return verbs

    def test_a_flood_is_slowed_and_the_honest_worker_never_notices(self):
        agent, endpoint = self.begin(trials=800, latency=", latency: 20 ms", more="agent: {design: {sobol: 800}}")
        self.worker("--key", "honest.key", "--connect", endpoint, "--slots", "2")
        self.until(agent, '"result"')
        flooder = self.flooder(endpoint)
        verbs = self.flood(4000, flooder, Flooder.enlist)  # each would be an event
        verbs += self.flood(30000, flooder, lambda f: f.say(wire.Verb.HEARTBEAT))
        verbs += [m.verb for m in flooder.heard(1000)]
        self.assertIsNone(agent.poll(), "the campaign was over before the flood was")
        agent.wait(timeout=120)
        self.assertEqual(agent.returncode, 0)
        self.assertEqual(self.rows("select count(*) from measurements where output = 'value'"), [(800,)])
        kinds = dict(self.rows("select kind, count(*) from event where worker like 'flooder%' group by kind"))
        self.assertLess(kinds["worker_registered"], 1700, "its registrations fill the journal")
        honest = dict(self.rows("select kind, count(*) from event where worker like 'honest%' group by kind"))
        self.assertEqual(set(honest), {"worker_registered", "worker_slots", "result"})
        self.assertEqual(honest["worker_registered"], 1)
        self.assertIn(wire.Verb.ERROR, verbs)
        self.assertEqual(self.log().count("it is slowed down"), 1, self.log())

    def test_one_that_has_calmed_down_is_asked_to_say_again_what_was_not_heard(self):
        agent, endpoint = self.begin(trials=100000)
        flooder = self.flooder(endpoint)
        verbs = self.flood(1500, flooder, Flooder.enlist)
        end = time.monotonic() + 60
        while wire.Verb.REREGISTER not in verbs and time.monotonic() < end:
            verbs += [m.verb for m in flooder.heard(500)]
        self.assertIn(wire.Verb.ERROR, verbs)
        self.assertIn(wire.Verb.REREGISTER, verbs)
        self.assertEqual(self.rows("select count(*) from event where kind = 'worker_lost'"), [(0,)])
        flooder.register()
        agent.kill()

    def test_one_that_does_not_stop_is_dropped_with_the_reason(self):
        agent, endpoint = self.begin(trials=100000)
        self.worker("--key", "honest.key", "--connect", endpoint, "--slots", "2")
        self.until(agent, '"result"')
        flooder = self.flooder(endpoint)
        end = time.monotonic() + 120
        while "it floods" not in self.log() and time.monotonic() < end:
            self.flood(5000, flooder, lambda f: f.say(wire.Verb.HEARTBEAT))
        while not (lost := self.rows("select worker, json_extract(payload, '$.text') from event "
                                     "where kind = 'worker_lost'")) and time.monotonic() < end:
            time.sleep(0.1)  # its commit is under way
        self.assertEqual([w for w, _ in lost], ["flooder"])
        self.assertIn("it floods", lost[0][1])
        before = self.rows("select count(*) from event where kind = 'result'")
        self.until(agent, '"result"')
        time.sleep(1)
        self.assertGreater(self.rows("select count(*) from event where kind = 'result'"), before)
        agent.kill()


if __name__ == "__main__":
    unittest.main()
