"""A second REGISTER (another sample was loaded, or the agent asked) may cross an OFFER on its way: over the same
connection that is no loss, over a new one it is. SPDX-License-Identifier: GPL-3.0-or-later"""
import time
import unittest

import e2e_security
import test_flood
import zmq
from interphase import wire


class Crossing(e2e_security.Secure):
    def setUp(self):
        super().setUp()
        self.context = zmq.Context()
        self.run_cli("enrol", "flooder", "--connect", "tcp://127.0.0.1:1")
        self.agent, self.endpoint = self.begin(trials=1)

    def tearDown(self):
        self.context.destroy(linger=0)
        super().tearDown()

    def peer(self):
        peer = test_flood.Flooder(self.context, self.path("flooder.key"), self.endpoint, "*")
        self.addCleanup(peer.socket.close)
        peer.register()
        return peer

    @staticmethod
    def offers(peer, wait_s):
        end, found = time.monotonic() + wait_s, []
        while time.monotonic() < end and not found:
            found = [(m.request, m.epoch) for m in peer.heard(200) if m.verb == wire.Verb.OFFER]
        return found

    def test_over_the_same_connection_nothing_is_lost(self):
        peer = self.peer()
        self.assertEqual(self.offers(peer, 60), [(1, 1)])
        for _ in range(3):
            peer.enlist()  # names nothing: as if it had left before the OFFER came
        self.assertEqual(self.offers(peer, 2), [])
        peer.say(wire.Verb.RESULT, request=1, epoch=1, values=(wire.Value("value", 1.5, unit="1"),))
        self.agent.wait(timeout=60)
        self.assertEqual(self.agent.returncode, 0)
        self.assertEqual(self.rows("select max(epoch) from event where request = 1"), [(1,)])

    def test_what_it_has_named_and_names_no_more_is_lost(self):
        peer = self.peer()
        self.assertEqual(self.offers(peer, 60), [(1, 1)])
        peer.say(wire.Verb.HEARTBEAT, progress=(wire.Progress(1, 1),))
        peer.enlist()
        self.assertEqual(self.offers(peer, 30), [(1, 2)])
        self.agent.kill()

    def test_a_new_connection_has_lost_it(self):
        self.assertEqual(self.offers(self.peer(), 60), [(1, 1)])
        self.assertEqual(self.offers(self.peer(), 30), [(1, 2)])
        self.agent.kill()


if __name__ == "__main__":
    unittest.main()
