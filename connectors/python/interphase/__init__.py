"""interphase - Python functions as workers of an Interphase agent; ask, tell and the journal from Python.

    import interphase
    from interphase import Unit

    @interphase.task
    def relax(strain: Unit("%"), metal: str, *, steps: int = 200) -> {"energy": Unit("eV")}:
        ...
        return {"energy": -3.2}

A campaign names the file (`connector: ./tasks.py`) and `interphase run` starts the worker; elsewhere
`interphase worker --connector tasks.py --connect ENDPOINT` or `python3 -m interphase tasks.py --connect ENDPOINT`
does. connectors/README.md says the rest.

SPDX-License-Identifier: GPL-3.0-or-later
"""
from __future__ import annotations

import typing

VERSION = "0.1.0"  # that of the C programs

from .client import AskTell, InterphaseError, Proposal  # noqa: E402
from .journal import Campaign  # noqa: E402
from .signature import SignatureError, Unit  # noqa: E402
from .tasks import (  # noqa: E402
    Attempt,
    Cancelled,
    Failed,
    Failure,
    Measured,
    OutOfResources,
    Refused,
    Task,
    Unsafe,
    attempt,
    task,
)
from .units import UnitError  # noqa: E402

if typing.TYPE_CHECKING:
    from .worker import WorkerError, serve

__version__ = VERSION
__all__ = [
    "AskTell", "Attempt", "Campaign", "Cancelled", "Failed", "Failure", "InterphaseError", "Measured",
    "OutOfResources", "Proposal", "Refused", "SignatureError", "Task", "Unit", "UnitError", "Unsafe",
    "WorkerError", "attempt", "serve", "task",
]  # fmt: skip


def __getattr__(name: str) -> typing.Any:
    """What needs pyzmq is loaded when it is asked for: the slots and notebooks do without."""
    if name in ("serve", "WorkerError"):
        from . import worker

        return getattr(worker, name)
    raise AttributeError(f"module 'interphase' has no attribute {name!r}")
