"""What a process and an engine are known again by."""

from __future__ import annotations

from contracts.base import Contract


class ProcessId(Contract):
    """A process as no later one can be mistaken for it."""

    pid: int
    start: str
    """Start time since boot as the kernel tells it; empty where it does not."""
    boot_id: str
    """Which boot; empty where the system does not tell."""


class EngineId(Contract):
    """Which engine drove a run."""

    name: str
    version: str
