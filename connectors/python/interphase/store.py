"""store - what a worker must not forget when it dies: results not yet acknowledged, physical work begun.

One SQLite file, worker.db, with the tables of the C worker (connectors/worker/store.c): either can read what
the other has left. Every write returns after its fsync.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from enum import IntEnum
from typing import Iterator, NamedTuple, Sequence

SCHEMA = """
PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES('generation', lower(hex(randomblob(16))));
CREATE TABLE IF NOT EXISTS outbox(number INTEGER PRIMARY KEY, campaign TEXT NOT NULL,
 request INTEGER NOT NULL, epoch INTEGER NOT NULL, idx INTEGER NOT NULL,
 physical INTEGER NOT NULL, acked INTEGER NOT NULL DEFAULT 0, frame BLOB NOT NULL,
 UNIQUE(campaign, request, epoch, idx));
CREATE TABLE IF NOT EXISTS ledger(campaign TEXT NOT NULL, request INTEGER NOT NULL,
 epoch INTEGER NOT NULL, state INTEGER NOT NULL,
 at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
 PRIMARY KEY(campaign, request)) WITHOUT ROWID;
COMMIT;
"""
SET = """INSERT INTO ledger(campaign, request, epoch, state) VALUES(?, ?, ?, ?)
 ON CONFLICT(campaign, request) DO UPDATE SET epoch=excluded.epoch, state=excluded.state,
 at=strftime('%Y-%m-%dT%H:%M:%fZ','now')"""


class Key(NamedTuple):
    """One frame of the outbox; nth: the index of an indexed measurement, -1 for the final one or the failure."""

    campaign: str
    request: int
    epoch: int
    nth: int = -1


class Put(NamedTuple):
    key: Key
    frame: bytes
    physical: bool  # its ledger row becomes DONE in the same transaction


class Ledger(IntEnum):
    UNKNOWN = 0
    REFUSED = 1  # up to an epoch: a delayed START must not fire
    STARTED = 2
    DONE = 3  # the result is in the outbox
    CLOSED = 4  # a person has said what became of it


class StoreError(OSError):
    """The file cannot be read or written, or belongs to another worker."""


class LedgerError(Exception):
    """The ledger forbids it; the message says why."""


def _signed(request: int) -> int:
    """Ids are stored in their 64 bits, whatever sign SQLite gives the highest."""
    return request - (1 << 64) if request >> 63 else request


class Store:
    """Threads: any; a lock inside."""

    def __init__(self, folder: str) -> None:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.path = os.path.join(folder, "worker.db")
        self._lock = threading.RLock()
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._db: sqlite3.Connection | None = None
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._folder)
            raise StoreError(f"{folder}: in use by another worker; give this one its own --state") from None
        if os.path.exists(self.path):
            self._open()

    def close(self) -> None:
        with self._lock:
            if self._db:
                self._db.close()
                self._db = None
            os.close(self._folder)

    def _open(self) -> sqlite3.Connection:
        """Made when there is first something to remember: it takes several fsyncs."""
        if self._db is None:
            try:
                self._db = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
                self._db.executescript(SCHEMA)
            except sqlite3.Error as why:
                self._db = None
                raise StoreError(f"{self.path}: {why}") from None
        return self._db

    def generation(self) -> str:
        """A token drawn when the file was made: a station with another one has forgotten what it did."""
        with self._lock:
            return str(self._open().execute("SELECT value FROM meta WHERE key='generation'").fetchone()[0])

    def write(self, puts: Sequence[Put], drops: Sequence[Key] = ()) -> None:
        """One transaction: puts go in, drops go out (physical ones are kept, as acknowledged)."""
        with self._lock:
            db = self._open()
            try:
                db.execute("BEGIN IMMEDIATE")
                for put in puts:
                    row = (put.key.campaign, _signed(put.key.request), put.key.epoch)
                    db.execute("INSERT OR IGNORE INTO outbox(campaign, request, epoch, idx, physical, frame)"
                               " VALUES(?, ?, ?, ?, ?, ?)", (*row, put.key.nth, put.physical, put.frame))  # fmt: skip
                    if put.physical and put.key.nth < 0:
                        db.execute(SET, (*row, Ledger.DONE))
                for key in drops:
                    row4 = (key.campaign, _signed(key.request), key.epoch, key.nth)
                    where = " WHERE campaign=? AND request=? AND epoch=? AND idx=?"
                    db.execute("DELETE FROM outbox" + where + " AND physical=0", row4)
                    db.execute("UPDATE outbox SET acked=1" + where, row4)
                db.execute("COMMIT")
            except sqlite3.Error as why:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise StoreError(f"{self.path}: {why}") from None

    def owed(self) -> Iterator[Put]:
        """Every frame not yet acknowledged, oldest first."""
        if self._db is None:
            return
        with self._lock:
            rows = self._db.execute("SELECT campaign, request, epoch, idx, physical, frame FROM outbox WHERE acked=0"
                                    " ORDER BY number").fetchall()  # fmt: skip
        for campaign, request, epoch, index, physical, frame in rows:
            yield Put(Key(campaign, request % (1 << 64), epoch, index), frame, bool(physical))

    def final(self, campaign: str, request: int) -> bytes | None:
        """The final frame of a request, acknowledged or not."""
        with self._lock:
            row = self._open().execute("SELECT frame FROM outbox WHERE campaign=? AND request=? AND idx=-1"
                                       " ORDER BY epoch DESC LIMIT 1", (campaign, _signed(request))).fetchone()  # fmt: skip
        return row[0] if row else None

    def look(self, campaign: str, request: int) -> tuple[Ledger, int]:
        """State of a physical request, and the epoch it stands for."""
        with self._lock:
            try:
                row = self._open().execute("SELECT state, epoch FROM ledger WHERE campaign=? AND request=?",
                                           (campaign, _signed(request))).fetchone()  # fmt: skip
            except sqlite3.Error as why:
                raise StoreError(f"{self.path}: {why}") from None
        return (Ledger(row[0]), row[1]) if row else (Ledger.UNKNOWN, 0)

    def _change(self, campaign: str, request: int, epoch: int, to: Ledger) -> None:
        with self._lock:
            db = self._open()
            try:
                db.execute("BEGIN IMMEDIATE")
                state, at = self.look(campaign, request)
                epoch = _judge(state, at, to, epoch)
                db.execute(SET, (campaign, _signed(request), epoch, to))
                db.execute("COMMIT")
            except sqlite3.Error as why:
                raise StoreError(f"{self.path}: {why}") from None
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def start(self, campaign: str, request: int, epoch: int) -> None:
        """Started, durably, once. LedgerError when it was started before or is refused at this epoch."""
        self._change(campaign, request, epoch, Ledger.STARTED)

    def refuse(self, campaign: str, request: int, epoch: int) -> None:
        """Refused up to this epoch, durably. LedgerError when it was started."""
        self._change(campaign, request, epoch, Ledger.REFUSED)

    def shut(self, campaign: str, request: int) -> None:
        """A person has said what became of it."""
        self._change(campaign, request, 0, Ledger.CLOSED)

    def open_starts(self) -> list[Key]:
        """Requests that were started and are neither done nor closed."""
        if self._db is None:
            return []
        with self._lock:
            rows = self._db.execute("SELECT campaign, request, epoch FROM ledger WHERE state=?", (Ledger.STARTED,)).fetchall()
        return [Key(campaign, request % (1 << 64), epoch) for campaign, request, epoch in rows]


def _judge(state: Ledger, at: int, to: Ledger, epoch: int) -> int:
    """The epoch to be written when a request in `state` may become `to`."""
    begun = state in (Ledger.STARTED, Ledger.DONE, Ledger.CLOSED)
    if to == Ledger.STARTED and begun:
        raise LedgerError(f"this station has started this request before (epoch {at})")
    if to == Ledger.STARTED and state == Ledger.REFUSED and epoch <= at:
        raise LedgerError(f"refused up to epoch {at}, when asked about it")
    if to == Ledger.REFUSED and begun:
        raise LedgerError(f"started at epoch {at}")
    if to == Ledger.REFUSED and state == Ledger.REFUSED:
        return max(at, epoch)
    return at if to == Ledger.CLOSED else epoch
