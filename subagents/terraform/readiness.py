"""Whether `init` would find all as it left it: a fingerprint of everything it looks at. Starts nothing.

And of that, what says what to make (`code_of`): who plans twice can tell whether the same was planned.

Sound rather than clever: whatever may change what `init` does is in it, with
much that would not. That a module with the same fingerprint needs no `init` is
decided by the Planner.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from contracts.terraform import Engine, Variable
from subagents.terraform.code_files import files, head

_CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json", ".tfbackend")
_MOST_BYTES = 64 << 20
_MOST_FILES = 100_000
_INIT_READS = ("TF_WORKSPACE", "TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE", "HOME", "XDG_CONFIG_HOME")
_READS = re.compile(rb'\b(?:file\w*|templatefile)\(\s*"(?:\$\{path\.\w+\}/)?([^"$\n]+)"')
_FOR_ALL = (".terraformrc", ".tofurc", ".config/opentofu/tofurc")
"""A user's own settings, below the home folder."""


def fingerprint_of(
    module: Path,
    engine: Engine,
    environment: Mapping[str, str],
    variables: Sequence[Variable],
    var_files: Sequence[Path],
) -> str | None:
    """Of what `init` looks at and what it leaves; None: the module is not to be understood, or too large.

    In it: the engine, its settings, the lock file, the configuration of the root module and of every
    module it calls, the backend that was set up, the workspace, input variables, and the names, sizes
    and times of the files of installed providers and modules.
    """
    try:
        facts = list(_facts(module, engine, environment, var_files))
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None
    facts += [[variable.name, variable.value] for variable in variables]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def code_of(module: Path, var_files: Sequence[Path]) -> dict[str, str]:
    """SHA-256, by place, of the files that say what to make: configuration, values, what code reads by name.

    Empty where they cannot be looked at.
    """
    told: dict[str, str] = {}
    try:
        roots = (module, *_called(module))
        code = [(at, path) for at in roots for path in files(at, _CONFIGURATION)]
        read = [root / name for at, path in code for name in _read_in(path) for root in {at, module}]
        for path in {*(path for _, path in code), *read, *var_files}:
            if path.is_file():
                told[os.path.relpath(path, module)] = _contents(path)[1]
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}
    return told


def _read_in(path: Path) -> list[str]:
    """What a file of code names to functions that read files, where it names it outright."""
    return [os.fsdecode(name) for name in _READS.findall(head(path))]


def _facts(
    module: Path, engine: Engine, environment: Mapping[str, str], var_files: Sequence[Path]
) -> Iterator[list[str]]:
    yield [engine.name, engine.version, *engine.argv]
    for name in sorted(environment):
        if name in _INIT_READS or name.startswith("TF_VAR_"):
            yield [name, environment[name]]
    settings = [Path(environment[name]) for name in ("TF_CLI_CONFIG_FILE",) if environment.get(name)]
    settings += [Path(environment.get("HOME") or "/", name) for name in _FOR_ALL]
    data = module / ".terraform"
    ours = [module / ".terraform.lock.hcl", data / "terraform.tfstate", data / "environment"]
    for path in (*settings, *ours, *var_files):
        yield _contents(path)
    for root in (module, *_called(module)):
        yield [str(root)]
        for path in sorted(root.iterdir()):
            if path.name.endswith(_CONFIGURATION):
                yield _contents(path)
    yield from _listed(data / "providers", through_links=True)  # a plugin cache or a mirror is linked to
    yield from _listed(data / "modules", through_links=False)  # a repository may link to itself


def _called(module: Path) -> list[Path]:
    """The folders of the modules that were installed, the local ones too."""
    path = module / ".terraform/modules/modules.json"
    if not path.exists():
        return []
    named = json.loads(path.read_bytes())["Modules"]
    return sorted({module / entry["Dir"] for entry in named if entry["Dir"] != "."})


def _contents(path: Path) -> list[str]:
    """A file by what is in it; one that is not there is told apart from an empty one.

    Raises `ValueError` where it is larger than any configuration; no more is read than it says it holds.
    """
    if not path.is_file():
        return [path.name, ""]
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise ValueError(f"{path} holds {size} bytes")
    with path.open("rb") as file:
        return [path.name, hashlib.sha256(file.read(size)).hexdigest()]


def _listed(folder: Path, *, through_links: bool) -> Iterator[list[str]]:
    """Every file below a folder by name, size and time. Raises `ValueError` where there is no end of them."""
    seen = 0
    for at, folders, names in os.walk(folder, followlinks=through_links):
        seen += 1 + len(names)
        if seen > _MOST_FILES:
            raise ValueError(f"{folder} holds more than {_MOST_FILES} files")
        folders.sort()
        for name in sorted(names):
            stat = Path(at, name).stat(follow_symlinks=through_links)
            yield [at, name, str(stat.st_size), str(stat.st_mtime_ns)]
