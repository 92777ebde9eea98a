"""Errors of the operator: something outside the run must be put right first.

    PlannerError                 exit 1
    ├── ModuleError              the path is no Terraform module
    ├── SettingsError            planner.yaml, a flag or the environment is wrong
    ├── EngineError              no engine, or one that cannot be used
    ├── BusyError                another process runs this module
    ├── StoreError               the store cannot be read, written or trusted
    ├── UnknownRunError          no such run, or not one this command fits
    ├── ModelSetupError          the model asked for cannot be set up
    ├── UntoldError              standard output does not take what is told
    └── StoppedError             the kill switch is on (exit 4)

A failure of Terraform, a check or a model is not among them: it is a typed
value. A bug is neither: it crashes.
"""

from __future__ import annotations


class PlannerError(Exception):
    """What happened, why, and what to do next.

    `remedy` is one imperative sentence; `exit_code` is what the process returns.
    """

    exit_code = 1

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  → {self.remedy}"


class ModuleError(PlannerError):
    """The path does not exist, is a file, cannot be read, or holds no Terraform."""


class SettingsError(PlannerError):
    """A key of `planner.yaml`, a flag or an environment variable is wrong."""


class EngineError(PlannerError):
    """No `terraform` or `tofu` is to be found, or the one found cannot be used."""


class BusyError(PlannerError):
    """Another process runs this module; the message says which."""


class StoreError(PlannerError):
    """The store cannot be opened or written, or a journal is damaged."""


class UnknownRunError(PlannerError):
    """The run named is not in the store, or is in a state the command does not fit."""


class ModelSetupError(PlannerError):
    """The model asked for is unknown, has no key, or its answer file cannot be read."""


class UntoldError(PlannerError):
    """What a command has to tell could not be written to standard output; what it did stands."""


class StoppedError(PlannerError):
    """The kill switch is on: nothing may begin."""

    exit_code = 4
