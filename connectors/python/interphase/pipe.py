"""pipe - what a worker and the process of a slot say to each other: length, then a msgpack map.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import socket
import struct
import threading
from typing import Any

import msgpack

LENGTH = struct.Struct("<I")
CHUNK = 1 << 16


class Pipe:
    """One end of a socket pair. send: any thread; receive: one thread."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._sending = threading.Lock()
        self._buffer = bytearray()

    def send(self, what: str, **parts: Any) -> None:
        """Raises OSError when the other side is gone."""
        body = msgpack.packb({"what": what, **parts}, use_bin_type=True)
        with self._sending:
            self.end.sendall(LENGTH.pack(len(body)) + body)

    def take(self) -> dict[str, Any] | None:
        """The next message that has already come in whole."""
        if len(self._buffer) < LENGTH.size:
            return None
        (size,) = LENGTH.unpack_from(self._buffer)
        if len(self._buffer) < LENGTH.size + size:
            return None
        body = bytes(self._buffer[LENGTH.size : LENGTH.size + size])
        del self._buffer[: LENGTH.size + size]
        message: dict[str, Any] = msgpack.unpackb(body, raw=False)
        return message

    def fill(self) -> bool:
        """Reads what is there (waits when the socket blocks); False when the other side is gone."""
        try:
            part = self.end.recv(CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._buffer += part
        return bool(part)

    def receive(self) -> dict[str, Any] | None:
        """Waits for the next message; None when the other side is gone."""
        while True:
            message = self.take()
            if message is not None:
                return message
            if not self.fill():
                return None

    def close(self) -> None:
        self.end.close()
