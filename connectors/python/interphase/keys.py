"""keys - what it takes to speak to one agent: key files of `interphase enrol`, and folders that are private.

Over ipc the socket's folder has to be the user's own, mode 0700; over TCP there is CURVE or nothing. The files
are those of the C programs (connectors/base/keys.h), and so are the rules by which one is found.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

import zmq
from zmq.utils import z85


class KeyProblem(ValueError):
    """What is missing or open to others, and the command that remedies it."""


@dataclass
class Keys:
    """One key file."""

    name: str = ""
    public: str = ""
    secret: str = field(default="", repr=False)
    agents: dict[str, str] = field(default_factory=dict)  # endpoint: the agent's public key


@dataclass(frozen=True)
class Credentials:
    endpoint: str
    keys: Keys = field(default_factory=Keys)
    server_key: str = ""  # "" over ipc

    def lock(self, socket: zmq.Socket[bytes]) -> None:
        """Sets the keys on a socket that is to be connected."""
        if self.server_key:
            socket.setsockopt(zmq.CURVE_SERVERKEY, self.server_key.encode())
            socket.setsockopt(zmq.CURVE_PUBLICKEY, self.keys.public.encode())
            socket.setsockopt(zmq.CURVE_SECRETKEY, self.keys.secret.encode())

    def admits(self, endpoint: str) -> bool:
        """Whether an endpoint that the agent names is as safe as its own."""
        return endpoint.startswith("tcp://" if self.server_key else "ipc://")


def check_folder(what: str, path: str) -> None:
    """KeyProblem unless the folder is the user's own and nobody else's."""
    try:
        info = os.stat(path)
    except OSError as why:
        raise KeyProblem(f"{what} {path}: {why.strerror}") from None
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        raise KeyProblem(f"{what} {path}: is not a folder of yours")
    if info.st_mode & 0o077:
        raise KeyProblem(f"{what} {path}: others can enter it; run: chmod 700 {path}")


def _read_private(path: str, forbidden: int) -> str:
    """A file that only its owner (or root) could have written, and with 0o077 only they can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as why:
        raise KeyProblem(f"{path}: {why.strerror}") from None
    with open(descriptor, encoding="utf-8", errors="replace") as handle:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_uid not in (os.getuid(), 0):
            raise KeyProblem(f"{path}: is not a file of yours")
        if info.st_mode & forbidden:
            what, how = ("read or change", "600") if forbidden & 0o044 else ("change", "go-w")
            raise KeyProblem(f"{path}: others can {what} it; run: chmod {how} {path}")
        return handle.read(1 << 16)


def is_public(text: str) -> bool:
    """40 characters of Z85 that are 32 bytes."""
    try:
        return len(text) == 40 and len(z85.decode(text)) == 32  # type: ignore[no-untyped-call]
    except (KeyError, ValueError, OverflowError, UnicodeEncodeError):
        return False


def read(path: str) -> Keys:
    """A key file; KeyProblem says what is wrong with it."""
    keys = Keys()
    for number, line in enumerate(_read_private(path, 0o077).splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) == 2 and words[0] == "name":
            keys.name = words[1]
        elif len(words) == 2 and words[0] in ("public", "secret") and is_public(words[1]):
            setattr(keys, words[0], words[1])
        elif len(words) == 3 and words[0] == "agent" and is_public(words[2]):
            keys.agents[words[1]] = words[2]
        else:
            raise KeyProblem(f"key file {path}:{number}: expected name, public, secret or agent")
    if not keys.secret or zmq.curve_public(keys.secret.encode()) != keys.public.encode():
        raise KeyProblem(f"key file {path}: public and secret key are not a pair")
    return keys


def _folder() -> str:
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(config, "interphase", "keys")


def _agent_key(keys: Keys, endpoint: str) -> str | None:
    """The key of the agent at that endpoint; one on the same host (same user, same key) will do."""
    if endpoint in keys.agents:
        return keys.agents[endpoint]
    host = endpoint.rpartition(":")[0]
    return next((key for known, key in keys.agents.items() if known.rpartition(":")[0] == host), None)


def _find_in_folder(endpoint: str) -> Keys:
    folder = _folder()
    if os.path.isdir(folder):
        check_folder("key folder", folder)
        for name in sorted(os.listdir(folder)):
            if name.endswith(".key"):
                try:
                    keys = read(os.path.join(folder, name))
                except KeyProblem:
                    continue
                if _agent_key(keys, endpoint):
                    return keys
    raise KeyProblem(f"{endpoint}: TCP needs a key. On the agent's machine run `interphase enrol NAME`, copy NAME.key"
                     " here, and give it with --key NAME.key")  # fmt: skip


def _find_keys(key: str, endpoint: str) -> Keys:
    if not key:
        return _find_in_folder(endpoint)
    if "/" in key or os.path.exists(key):
        return read(key)
    check_folder("key folder", _folder())
    return read(os.path.join(_folder(), key if key.endswith(".key") else key + ".key"))


def _read_server_key(text: str) -> str:
    if is_public(text):
        return text
    words = _read_private(text, 0o022).split()
    if not words or not is_public(words[0]):
        raise KeyProblem(f"server key {text}: not a public key, nor a file with one")
    return words[0]


def find(endpoint: str, key: str = "", server_key: str = "") -> Credentials:
    """Puts together what a user has said and what key files know. ipc needs a private folder and nothing
    else; tcp needs all."""
    if endpoint.startswith("ipc://"):
        path = endpoint[len("ipc://") :]
        if not path or path[0] in "@*":
            raise KeyProblem(f"{endpoint}: name a socket in a folder of yours, ipc://PATH")
        check_folder("socket folder", os.path.dirname(path) or ".")
        return Credentials(endpoint)
    if endpoint and not endpoint.startswith("tcp://"):
        raise KeyProblem(f"endpoint {endpoint}: expected tcp://HOST:PORT or ipc://PATH")
    if not endpoint and not key:
        raise KeyProblem("no endpoint, and no key that has one")
    keys = _find_keys(key, endpoint)
    endpoint = endpoint or next(iter(keys.agents), "")
    if not endpoint:
        raise KeyProblem(f"key {keys.name} names no agent: give --connect tcp://HOST:PORT")
    known = _read_server_key(server_key) if server_key else _agent_key(keys, endpoint)
    if not known:
        raise KeyProblem(f"{endpoint}: key {keys.name} does not know this agent; give its public key with --server-key"
                         " (`interphase enrol` has printed it)")  # fmt: skip
    return Credentials(endpoint, keys, known)
