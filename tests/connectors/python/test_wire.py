"""The Python codec against the C one: same bytes out, same verdict on what comes in.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import math
import os
import random
import struct
import subprocess
import unittest

import msgpack

from interphase import wire
from interphase.wire import Bound, Message, Port, Progress, Roster, Value, Verb

ECHO = os.path.join(os.environ["ITP_BUILD_DIR"], "tests", "python_echo")
CORPUS = os.path.join(os.environ["ITP_SOURCE_DIR"], "tests", "connectors", "wire", "corpus")
MUTANTS = int(os.environ.get("ITP_FRAMES", "20000"))

FULL = dict(
    campaign="fast-charging/1f", worker="local-1", text="some\nwords é", request=7, trial=(1 << 64) - 1, epoch=2,
    replicate=3, index=12, number=-(1 << 63), interval_ms=1000, task="cell.charge", source="default",
    options='{"model":"spme"}', sample="S-12", cls=wire.PHYSICAL, time_limit_s=math.inf, lease_s=60, cost=0,
    seed=0x123456789ABCDEF0, cause=5, values=[Value("c1", 4.5, 0.25, "1/h"), Value("salt", label="LiFSI é"),
    Value("u", -math.inf, unit="1")], wanted=[Port("life", "1", "https://example.org/x", 0, math.inf, None, 1),
    Port("salt", labels=("LiPF6", "LiFSI"))], progress=[Progress(7, 2, 0.5, "cycle 3"), Progress(8, 1)],
    roster=Roster(("cell.charge", "cell.age"), "cell", ((7, 2), ((1 << 64) - 1, (1 << 32) - 1)), 4, 1, "8f3a", "{}",
                  "pouch-17", (Bound(None, "t", "K", -math.inf, 300), Bound("cell.age", "x", None, 0, 1.5))),
    provenance="{}")  # fmt: skip


def by_c(frames):
    """What the C programs make of each frame: bytes, or None when they refuse it."""
    data = b"".join(struct.pack("<I", len(f)) + f for f in frames)
    lines = subprocess.run([ECHO], input=data, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace").split("\n")
    lines = [line for line in lines if line[:1] in "+-" and line]
    assert len(lines) == len(frames), (len(lines), len(frames))
    return [bytes.fromhex(line[1:]) if line[0] == "+" else None for line in lines]


def by_python(frame):
    try:
        return wire.encode(wire.decode(frame))
    except wire.ProtocolError:
        return None


class Wire(unittest.TestCase):
    def compare(self, frames):
        differ = []
        for frame, c in zip(frames, by_c(frames)):
            if by_python(frame) != c:
                differ.append(f"{frame.hex()[:200]}\n  C      {c and c.hex()[:200]}\n  Python {by_python(frame)}")
        self.assertFalse(differ, f"{len(differ)} of {len(frames)} frames differ, e.g.\n" + "\n".join(differ[:3]))

    def test_golden_frames(self):
        """Every verb with every field, and with only what it needs, is written alike to the byte."""
        frames = [wire.encode(Message(verb, **FULL)) for verb in Verb]
        frames += [wire.encode(Message(verb, **{k: FULL[k] for k in wire.NEEDS.get(verb, ())})) for verb in Verb]
        for roster in (FULL["roster"][:7], (*FULL["roster"][:7], "(none)"), (*FULL["roster"][:7], None, FULL["roster"][8])):
            frames.append(wire.encode(Message(Verb.REGISTER, worker="w", roster=Roster(*roster))))
        for size in (1, 31, 32, 255, 256, 65535, 65536, wire.TEXT):  # each form in which msgpack has a text
            frames.append(wire.encode(Message(Verb.BYE, text="x" * size)))
        for number in (1, 127, 128, 255, 256, 65535, 65536, 1 << 32, (1 << 63) - 1, -1, -32, -33, -128, -129, -(1 << 31)):
            frames.append(wire.encode(Message(Verb.CREDIT, number=number)))
        for count in (1, 15, 16, 65535):
            frames.append(wire.encode(Message(Verb.HEARTBEAT, progress=[Progress(i + 1, 1) for i in range(count)])))
        for frame, c in zip(frames, by_c(frames)):
            self.assertEqual(frame, c)

    def test_corpus(self):
        frames = []
        for name in sorted(os.listdir(CORPUS)):
            with open(os.path.join(CORPUS, name), "rb") as handle:
                frames.append(handle.read())
        self.assertGreater(len(frames), 100)
        self.compare(frames)

    def test_mutants(self):
        """Frames with a few bytes changed, cut or grown: the same ones are refused on both sides."""
        draw = random.Random(5)
        seeds = [wire.encode(Message(verb, **FULL)) for verb in Verb]
        frames = []
        for _ in range(MUTANTS):
            frame = bytearray(draw.choice(seeds))
            for _ in range(draw.randint(1, 4)):
                at = draw.randrange(len(frame))
                how = draw.randrange(4)
                if how == 0:
                    frame[at] = draw.randrange(256)
                elif how == 1:
                    del frame[at : at + draw.randint(1, 4)]
                elif how == 2:
                    frame[at:at] = draw.choice([b"\xc0", b"\x80", b"\x90", b"\xc3", b"\xff", b"\xa1a", b"\x91\x01"])
                else:
                    frame[at] ^= 1 << draw.randrange(8)
                if not frame:
                    break
            frames.append(bytes(frame))
        self.compare(frames)

    def test_limits(self):
        deep, deeper = 1, 1
        for _ in range(wire.DEPTH - 1):
            deep = [deep]
        deeper = [deep]
        frames = [msgpack.packb({0: 1, 1: 10, 99: what}) for what in (deep, deeper)]
        frames += [msgpack.packb({0: 1, 1: 10, 23: "x" * size}) for size in (wire.NAME, wire.NAME + 1)]
        frames += [msgpack.packb({0: 1, 1: 10, 12: "x" * size}) for size in (wire.NAME, wire.NAME + 1)]
        frames += [msgpack.packb({0: 1, 1: 19, 4: "x" * size}) for size in (wire.TEXT, wire.TEXT + 1)]
        frames += [msgpack.packb({0: 1, 1: 10, 99: [0] * size}) for size in (wire.ITEMS, wire.ITEMS + 1)]
        frames += [msgpack.packb({0: 2, 1: 10}), msgpack.packb([1]), msgpack.packb({0: 1}), b"", b"\xc1"]
        self.compare(frames)


if __name__ == "__main__":
    unittest.main()
