"""Flags > environment > `planner.yaml` > defaults → one `RunRequest`. Reads the module, starts nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from contracts.base import Contract
from contracts.budget import Limits
from contracts.errors import ModuleError, SettingsError
from contracts.run import RunRequest
from contracts.settings import Autonomy, ModuleSettings
from contracts.terraform import Variable
from contracts.validation import Checks
from planner.profiles import reach_of


class Flags(Contract):
    """What was said on the command line; None: nothing was."""

    var: tuple[str, ...] = ()
    var_file: tuple[Path, ...] = ()
    config: Path | None = None
    autonomy: Autonomy | None = None
    max_retries: int | None = None
    max_usd: str | None = None
    timeout: str | None = None
    model: str | None = None
    destroy: bool = False
    yes: bool = False


def module_of(path: Path) -> Path:
    """The module's folder, absolute and with links resolved. Raises `ModuleError`."""
    if not path.exists():
        raise ModuleError(f"{path} does not exist", remedy="name the folder of a Terraform module")
    if not path.is_dir():
        raise ModuleError(f"{path} is a file", remedy=f"name its folder: {path.parent}")
    try:
        names = os.listdir(path)  # noqa: PTH208 - names are all that is needed
    except OSError as error:
        raise ModuleError(
            f"{path} cannot be read: {error.strerror}", remedy="give yourself read permission on it"
        ) from error
    if not any(name.endswith((".tf", ".tf.json", ".tofu")) for name in names):
        raise ModuleError(f"{path} holds no .tf file", remedy="name the folder of a Terraform module")
    return path.resolve()


def settings_for(module: Path, config: Path | None) -> tuple[ModuleSettings, Path | None]:
    """The module's settings and the file they come from (None: the defaults). Raises `SettingsError`."""
    path = config or module / "planner.yaml"
    if config is None and not path.exists() and not path.is_symlink():  # a link to nowhere is a mistake
        return ModuleSettings(), None
    from planner.config import settings_of  # noqa: PLC0415 - no file, no YAML parser

    return settings_of(path), path


def request_of(module: Path, flags: Flags, settings: ModuleSettings, model: Callable[[], str]) -> RunRequest:
    """One run's request; `model` is asked where no flag names one. Raises `SettingsError`."""
    limits = settings.limits.model_dump() | {
        name: value
        for name in ("max_retries", "max_usd", "timeout")
        if (value := getattr(flags, name)) is not None
    }
    reach = reach_of(settings, flags.autonomy)
    try:
        request = RunRequest(
            module=module,
            variables=tuple(_variable(text) for text in flags.var),
            var_files=tuple(_var_file(path) for path in flags.var_file),
            config=flags.config.absolute() if flags.config else None,
            destroy=flags.destroy,
            yes=flags.yes,
            autonomy=reach.autonomy,
            approve=reach.approve,
            plan=reach.plan,
            trusted_edits=reach.trusted_edits,
            limits=Limits.model_validate(limits),
            policy=settings.policy,
            # What a module promises while it stands says nothing of one that is taken down.
            checks=Checks(drift=settings.checks.drift) if flags.destroy else settings.checks,
            notify=settings.notify,
            model=flags.model or model(),
            stronger_model=settings.stronger_model,
            fallback_model=settings.fallback_model,
        )
    except ValidationError as error:
        from planner.config_mistakes import words_of  # noqa: PLC0415 - no mistake, no YAML parser

        first = error.errors()[0]
        name = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-")
        raise SettingsError(f"{name} {words_of(first)}", remedy="see `planner run --help`") from error
    if not request.limits.timeout:
        raise SettingsError("--timeout 0 leaves no time for anything", remedy="give it 30s, 5m or 1h30m")
    return request


def names_of(values: Sequence[Variable]) -> tuple[Variable, ...]:
    """The variables without their values, for the journal."""
    return tuple(Variable(name=variable.name, value="") for variable in values)


def _variable(text: str) -> Variable:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        named = "".join(name.split()[:1])  # what stands behind a blank may be the value
        raise SettingsError(f"--var {named!r} has no value", remedy="write --var NAME=VALUE")
    return Variable(name=name.strip(), value=value)


def _var_file(path: Path) -> Path:
    if not path.is_file():
        raise SettingsError(f"--var-file {path} does not exist", remedy="name a .tfvars file")
    return path.resolve()
