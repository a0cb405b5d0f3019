"""outbox - results that the agent has not acknowledged: in memory for sending, on disk for the day this dies.

A thread of its own writes them, many a transaction, so that heartbeats never wait for a disk. Frames are sent
at once and written meanwhile. An attempt of less than QUICK_S waits LINGER_S for its acknowledgement first,
since to run it again costs less than to write it down; physical results never wait.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from .store import Key, Put, Store, StoreError

log = logging.getLogger("interphase")
QUICK_S, LINGER_S, DROP_AFTER_S, RETRY_S = 0.05, 0.05, 1.0, 1.0
BATCH = 1024


@dataclass
class Entry:
    put: Put
    write_at: float
    sent: bool = False
    on_disk: bool = False
    writing: bool = False


class Outbox:
    """Threads: all calls from the main thread; the writer is inside."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wake = threading.Condition()
        self._entries: dict[Key, Entry] = {}  # in order of arrival
        self._drops: list[Key] = []  # acknowledged, but still on disk
        self._drop_at = 0.0
        self._closing = False
        for put in store.owed():
            self._entries[put.key] = Entry(put, 0, on_disk=True)
        self._writer = threading.Thread(target=self._write, name="interphase-outbox", daemon=True)
        self._writer.start()

    def __len__(self) -> int:
        return len(self._entries)

    def close(self) -> None:
        """Writes what is not written."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join()

    def add(self, put: Put, took_s: float) -> None:
        lingers = not put.physical and took_s < QUICK_S
        with self._wake:
            self._entries[put.key] = Entry(put, time.monotonic() + (LINGER_S if lingers else 0))
            self._wake.notify()

    def unsent(self, campaign: str) -> Entry | None:
        """The oldest frame of this campaign that was not sent since the last rewind."""
        with self._wake:
            for key, entry in self._entries.items():
                if key.campaign == campaign and not entry.sent:
                    return entry
        return None

    def rewind(self) -> None:
        """All are to be sent again: the agent has registered us anew."""
        for entry in self._entries.values():
            entry.sent = False

    def acknowledge(self, key: Key) -> bool:
        """The agent has it. True when it was ours to keep."""
        with self._wake:
            entry = self._entries.pop(key, None)
            if entry is None:
                return False
            if entry.put.physical and not entry.on_disk:  # kept for ever, however quick the acknowledgement
                self._store.write([entry.put], [key])
            elif entry.on_disk or entry.writing:
                if not self._drops:
                    self._drop_at = time.monotonic() + DROP_AFTER_S
                self._drops.append(key)
                self._wake.notify()
        return True

    def owes(self, campaign: str, request: int, epoch: int | None = None) -> bool:
        """Whether the final result of this attempt (epoch None: of any) is here; it will be sent again."""
        found = False
        for key, entry in self._entries.items():
            if key.campaign == campaign and key.request == request and epoch in (None, key.epoch):
                entry.sent = False
                found |= key.nth < 0
        return found

    def attempts(self, campaign: str) -> list[tuple[int, int]]:
        """The attempts of this campaign whose results are owed."""
        return list(dict.fromkeys((k.request, k.epoch) for k in self._entries if k.campaign == campaign))

    # The writer.

    def _due(self) -> float:
        """When there is next something to write; the lock is held."""
        times = [e.write_at for e in self._entries.values() if not e.on_disk]
        if self._drops:
            times.append(self._drop_at)
        return min(times, default=float("inf"))

    def _write(self) -> None:
        while True:
            with self._wake:
                now = time.monotonic()
                due = self._due()
                if due > now and not self._closing:
                    self._wake.wait(None if due == float("inf") else due - now)
                    continue
                closing = self._closing
                batch = [e for e in self._entries.values() if not e.on_disk and (closing or e.write_at <= now)][:BATCH]
                for entry in batch:
                    entry.writing = True
                drops, self._drops = self._drops, []
            if not batch and not drops:
                if closing:
                    return
                continue
            if not self._write_batch(batch, drops) and closing:
                return  # the disk refuses: said in the log, nothing more to do

    def _write_batch(self, batch: list[Entry], drops: list[Key]) -> bool:
        good = True
        try:
            self._store.write([entry.put for entry in batch], drops)
        except StoreError as why:
            log.error("outbox_not_written text=%s", why)
            good = False
        with self._wake:
            for entry in batch:
                entry.writing, entry.on_disk = False, good
                entry.write_at = time.monotonic() + RETRY_S
        return good
