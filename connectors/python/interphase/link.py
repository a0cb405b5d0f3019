"""link - the sockets of a worker and what goes over them; knows frames, not their meaning.

A DEALER to the agent, its monitor (so that a new connection is greeted at once), and a SUB for SAFE_STOP,
which is never queued behind data. Nothing here blocks.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import logging
import math
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from . import wire
from .keys import Credentials

log = logging.getLogger("interphase")
HIGH_WATER = 4096
RECONNECT_MS, RECONNECT_MS_MAX = 20, 1000
BEAT_MS, TIMEOUT_MS = 5000, 15000  # ZMTP's own heartbeat finds a half-open connection
HANDSHAKE_MS = 10000
REFUSED_S = 5.0  # pause before a refused key knocks again
LINGER_MS = 1000
FAILED = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH


class Link:
    def __init__(self, who: Credentials) -> None:
        self.who = who
        self.sent_at = time.monotonic()
        self.blocked = False  # the agent takes no more for now
        self.again_at = math.inf  # when a refused key knocks again
        self._refused = False
        self._stop_endpoint = ""
        self._context = zmq.Context()
        self.dealer = self._socket(zmq.DEALER)
        # Nothing is queued for a connection that does not exist; the outbox is our queue.
        self.dealer.setsockopt(zmq.IMMEDIATE, 1)
        self.monitor = self.dealer.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | FAILED)
        self.stop = self._socket(zmq.SUB)
        self.stop.setsockopt(zmq.SUBSCRIBE, b"")
        self.dealer.connect(who.endpoint)

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        made = self._context.socket(kind)
        for option, value in (
            (zmq.SNDHWM, HIGH_WATER), (zmq.RCVHWM, HIGH_WATER), (zmq.LINGER, LINGER_MS),
            (zmq.RECONNECT_IVL, RECONNECT_MS), (zmq.RECONNECT_IVL_MAX, RECONNECT_MS_MAX),
            (zmq.HEARTBEAT_IVL, BEAT_MS), (zmq.HEARTBEAT_TIMEOUT, TIMEOUT_MS),
            (zmq.HANDSHAKE_IVL, HANDSHAKE_MS), (zmq.MAXMSGSIZE, wire.MAX),
        ):  # fmt: skip
            made.setsockopt(option, value)
        self.who.lock(made)
        return made

    def close(self) -> None:
        """Lets what was sent go out, for LINGER_MS at most."""
        self.dealer.disable_monitor()
        self.monitor.close()
        self.dealer.close()
        self.stop.close()
        self._context.term()

    def send_frame(self, frame: bytes) -> bool:
        """False when the agent is away or takes no more."""
        try:
            self.dealer.send(frame, zmq.DONTWAIT)
        except zmq.Again:
            self.blocked = True
            return False
        self.blocked = False
        self.sent_at = time.monotonic()
        return True

    def send(self, message: wire.Message) -> bool:
        try:
            return self.send_frame(wire.encode(message))
        except wire.ProtocolError as why:
            log.error("not_encodable verb=%s text=%s", message.name, why)
            return False

    def receive(self) -> tuple[wire.Message, bytes] | None:
        """The next message of the agent. Frames that are no messages are answered with ERROR and skipped."""
        while True:
            try:
                parts = self.dealer.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return None
            try:
                if len(parts) != 1:
                    raise wire.ProtocolError("a message of several frames")
                return wire.decode(parts[0]), parts[0]
            except wire.ProtocolError as why:
                log.warning("bad_frame text=%s", why)
                self.send(wire.Message(wire.Verb.ERROR, text=wire.clean(str(why))))

    def _say_refused(self, text: str) -> None:
        if not self._refused:
            log.error("refused_by_agent endpoint=%s text=%s; on its machine run: interphase enrol %s --public '%s'",
                      self.who.endpoint, text, self.who.keys.name, self.who.keys.public)  # fmt: skip
        self._refused = True

    def _knock_later(self) -> None:
        """libzmq gives up after a key was refused; we come back, for it may be admitted."""
        self._say_refused("the agent does not admit this key")
        if self.again_at == math.inf:
            self.dealer.disconnect(self.who.endpoint)
        self.again_at = time.monotonic() + REFUSED_S

    def watch(self) -> bool | None:
        """True: a new connection; False: it is gone; None: as it was."""
        change = None
        if time.monotonic() >= self.again_at:
            self.again_at = math.inf
            self.dealer.connect(self.who.endpoint)
        while self.monitor.poll(0):
            event = recv_monitor_message(self.monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                change, self._refused = True, False
            elif event == zmq.EVENT_DISCONNECTED:
                change = False
            elif event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL and self.who.server_key:
                self._say_refused("the agent ended the handshake: it has another key than we were told")
            elif event & FAILED and self.who.server_key:
                self._knock_later()
        return change

    def listen_stop(self, announced: str | None) -> None:
        """Listens for SAFE_STOP there. Over TCP the agent listens at every address it has: its host is the one
        that we have reached it at."""
        endpoint = announced or ""
        if self.who.server_key and ":" in endpoint:
            endpoint = self.who.endpoint.rpartition(":")[0] + ":" + endpoint.rpartition(":")[2]
        if endpoint == self._stop_endpoint:
            return
        if self._stop_endpoint:
            self.stop.disconnect(self._stop_endpoint)
        self._stop_endpoint = ""
        if not endpoint:
            return
        try:
            if not self.who.admits(endpoint):
                raise ValueError("less safe than the agent's own")
            self.stop.connect(endpoint)
            self._stop_endpoint = endpoint
        except (ValueError, zmq.ZMQError) as why:
            log.error("safe_stop_unreachable endpoint=%s text=%s", endpoint, why)

    def stopped(self, name: str) -> bool:
        """Whether a SAFE_STOP has come. Whatever comes on that socket means stop, unless it names another worker;
        the agent may know us as KEY/NAME."""
        found = False
        while self.stop.poll(0):
            frames = self.stop.recv_multipart()
            try:
                meant = wire.decode(frames[0]).worker if len(frames) == 1 else None
            except wire.ProtocolError:
                meant = None
            found |= meant is None or meant == name or meant.endswith("/" + name)
        return found
