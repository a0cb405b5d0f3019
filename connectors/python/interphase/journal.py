"""journal - a campaign's journal as tables: pandas data frames where pandas is there, lists of dicts elsewhere.

    campaign = interphase.Campaign("sei-additives.journal")
    campaign.trials.sort_values("reduction_potential")

Read-only, and safe on a journal that an agent is writing: each table is one short transaction.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import json
import os
import sqlite3
from typing import Any
from urllib.parse import quote

Rows = list[dict[str, Any]]


def _frame(rows: Rows, columns: list[str]) -> Any:
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows, columns=columns)


class Campaign:
    """The journal of a campaign. Each attribute is read afresh."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        if not os.path.isfile(self.path):
            raise FileNotFoundError(f"{self.path}: no such journal")
        self.rows("SELECT max(seq) FROM event")  # says at once when it is something else

    def _connect(self) -> sqlite3.Connection:
        url = "file:" + quote(os.path.abspath(self.path))
        connection = sqlite3.connect(url + "?mode=ro", uri=True, timeout=10)
        connection.execute("PRAGMA query_only=ON")
        return connection

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> Rows:
        """Any query of one's own; the tables are those of `sqlite3 JOURNAL .schema`."""
        connection = self._connect()
        try:
            cursor = connection.execute(query, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor]
        except sqlite3.DatabaseError as why:
            raise ValueError(f"{self.path}: {why}") from None
        finally:
            connection.close()

    def _table(self, view: str) -> Any:
        rows = self.rows(f"SELECT * FROM {view}")  # noqa: S608 - our own names
        return _frame(rows, list(rows[0]) if rows else [])

    @property
    def trials(self) -> Any:
        """One row a trial: its state, a column for each parameter, each output (the mean of what counts) and
        its standard deviation (NAME_sd) where known."""
        rows = self.rows("SELECT trial, state, point, decision, method, score, decided, measured FROM trials ORDER BY trial")
        measured = self.rows("SELECT trial, output, avg(value) AS value, max(label) AS label,"
                             " CASE WHEN count(*) = 1 THEN max(sd) END AS sd"
                             " FROM measurements WHERE indexed IS NULL GROUP BY trial, output")  # fmt: skip
        by_trial = {row["trial"]: row for row in rows}
        columns = ["trial", "state"]
        for row in rows:
            point = json.loads(row.pop("point") or "{}")
            row.update(point)
            columns += [name for name in point if name not in columns]
        for one in measured:
            trial = by_trial.get(one["trial"])
            if trial is None:
                continue
            parts = {one["output"]: one["label"] if one["label"] is not None else one["value"]}
            if one["sd"] is not None:
                parts[one["output"] + "_sd"] = one["sd"]
            trial.update(parts)
            columns += [name for name in parts if name not in columns]
        columns += ["decision", "method", "score", "decided", "measured"]
        ordered = [{name: row.get(name) for name in columns} for row in rows]
        return _frame(ordered, columns)

    @property
    def measurements(self) -> Any:
        """One row a value that counts: trial, request, task, source, output, value, sd, unit, at, ..."""
        return self._table("measurements")

    @property
    def decisions(self) -> Any:
        """One row a decision: what it saw, what it chose, why."""
        return self._table("decisions")

    @property
    def requests(self) -> Any:
        """One row a request: the last that was heard of it."""
        return self._table("requests")

    @property
    def workers(self) -> Any:
        """One row a worker."""
        return self._table("workers")

    @property
    def definition(self) -> str:
        """The campaign file, as the journal has it."""
        row = self.rows("SELECT payload FROM event WHERE kind = 'defined' ORDER BY seq LIMIT 1")
        payload = json.loads(row[0]["payload"]) if row else {}
        return str(payload.get("definition") or payload.get("text") or "")
