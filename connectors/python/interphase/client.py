"""client - ask and tell from a notebook or a script: the person, or this program, is the experiment.

It runs `interphase ask` and `interphase tell`, which reach a running agent by its control socket and open the
journal themselves when none runs; nobody has to know which.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any, Mapping

from .journal import Campaign


class InterphaseError(RuntimeError):
    """What `interphase` said when it refused; `code` is its exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Proposal:
    """A trial to be measured: where, and what the model expects there."""

    trial: int
    point: dict[str, float | str]
    predicted: dict[str, dict[str, float]] = field(default_factory=dict)  # output: {"mean": ..., "sd": ...}


def program() -> str:
    """The `interphase` to be run: $INTERPHASE, the one on the PATH, or the one this package came with."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.normpath(os.path.join(here, "..", "..", "..", "..", "bin", "interphase"))
    found = os.environ.get("INTERPHASE") or shutil.which("interphase") or beside
    if not os.path.exists(found):
        raise InterphaseError("there is no program interphase on the PATH; give its path in the variable INTERPHASE", 127)
    return found


def _amount(value: Any) -> str:
    """VALUE, VALUE+-SD or VALUE UNIT from a number, a text, or (value, sd[, unit])."""
    if isinstance(value, str):
        return value
    if not isinstance(value, tuple):
        return repr(float(value))
    number, sd, unit = (*value, None, None)[:3]
    text = repr(float(number))
    if sd is not None and not math.isnan(sd):
        text += f"+-{float(sd)!r}"
    return f"{text} {unit}" if unit else text


class AskTell:
    """Ask for trials and tell what came of them.

        lab = AskTell("bench.yaml")
        for proposal in lab.ask(3):
            lab.tell(proposal, mass=(1.5, 0.1, "g"))
    """

    def __init__(self, campaign: str, journal: str | None = None) -> None:
        """campaign: a definition (then the journal is NAME.journal in this folder unless told otherwise), or
        a journal."""
        self.campaign = campaign
        self._journal = journal if journal or campaign.endswith((".yaml", ".yml")) else campaign

    def _run(self, *words: str) -> str:
        done = subprocess.run([program(), *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise InterphaseError(done.stderr.strip() or done.stdout.strip(), done.returncode)
        return done.stdout

    @property
    def journal(self) -> str:
        """Path of the journal."""
        if self._journal is None:
            with open(self.campaign, encoding="utf-8") as handle:
                for line in handle:
                    key, _, name = line.partition(":")
                    if key == "campaign":
                        self._journal = name.split("#")[0].strip().strip("'\"") + ".journal"
                        return self._journal
            raise InterphaseError(f"{self.campaign} has no line `campaign: NAME`; give journal=", 2)
        return self._journal

    def ask(self, n: int = 1) -> list[Proposal]:
        """The next n trials that the agent would measure."""
        words = ["ask", self.campaign, "-n", str(n), "--json"]
        if self._journal and self.campaign != self._journal:
            words += ["--journal", self._journal]
        answer = json.loads(self._run(*words))
        return [Proposal(t["trial"], t["point"], t.get("predicted") or {}) for t in answer["trials"]]

    def tell(self, trial: Proposal | int, task: str | None = None, **outputs: Any) -> None:
        """What was measured of a trial: a number in the output's unit, "1.5 g", or (value, sd[, unit])."""
        words = ["tell", self.journal, "--trial", str(trial.trial if isinstance(trial, Proposal) else trial)]
        if task:
            words += ["--task", task]
        self._run(*words, *(f"{name}={_amount(value)}" for name, value in outputs.items()))

    def tell_at(self, point: Mapping[str, Any], **outputs: Any) -> None:
        """A measurement at a point of one's own choice."""
        where = [f"{name}={value if isinstance(value, str) else repr(float(value))}" for name, value in point.items()]
        self._run("tell", self.journal, "--at", *where, "--", *(f"{k}={_amount(v)}" for k, v in outputs.items()))

    def fail(self, trial: Proposal | int, reason: str) -> None:
        """The trial could not be measured; the model is told so."""
        self._run("tell", self.journal, "--trial", str(trial.trial if isinstance(trial, Proposal) else trial),
                  "--failed", reason)  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Queued, running, done or failed, and why: as `interphase status --json` says it."""
        state: dict[str, Any] = json.loads(self._run("status", self.journal, "--json"))
        return state

    def data(self) -> Campaign:
        """Everything measured so far."""
        return Campaign(self.journal)
