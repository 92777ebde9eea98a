"""Reads the process' environment: where planner lives, who runs it, what in it is secret.

The only file that does; everything is passed on from here.
"""

from __future__ import annotations

import os
import pwd
import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from contracts.budget import MOST_USD
from contracts.errors import SettingsError
from contracts.terraform import Variable
from diagnosis.redaction.names import is_secret_name
from observability.events import FORMS, LEVELS, Shown

if TYPE_CHECKING:
    from diagnosis.redact import SecretRedactor

_W = TypeVar("_W", bound=str)
_SECRET_WORDS = (
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE",
    "KEY",
    "WEBHOOK",
)
_TRACE_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
"""Of the form `name=value,name=value`, a value percent-encoded."""
_LOGIN = "_AUTH"
"""`USER:PASSWORD`, or a token: CONSUL_HTTP_AUTH, GRAFANA_AUTH."""
_TELLING = ("://", "=", ":", "{")
_MOST_CHARS = 1 << 16
_A_WORD = 12
_FOLDERS = frozenset({"PWD", "OLDPWD"})
"""What a shell calls the folder it is in; elsewhere `pwd` is short for a password."""
_RULES = "PLANNER_REDACTION_RULES"
_NOT_SECRET = ("KEY_ID", "KEYRING", "_ARN", "_FILE", "_NAME", "_PATH")
"""What names the place of a secret, not the secret."""


def environment() -> dict[str, str]:
    """The process' environment, as it is now."""
    return dict(os.environ)


def home_of(named: Path | None, env: Mapping[str, str]) -> Path:
    """Where planner keeps its store: `--home` > `PLANNER_HOME` > the XDG state folder."""
    state = env.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return (named or Path(env.get("PLANNER_HOME") or Path(state, "planner"))).absolute()


def day_cap(env: Mapping[str, str]) -> Decimal:
    """What all model calls of one day may cost, over all modules: `PLANNER_MAX_USD_PER_DAY`, or $1.

    Raises `SettingsError` where that is no amount.
    """
    said = env.get("PLANNER_MAX_USD_PER_DAY") or "1"
    try:
        amount = Decimal(said)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MOST_USD:
        raise SettingsError(
            f"PLANNER_MAX_USD_PER_DAY: {said!r} is no amount up to {MOST_USD:,}",
            remedy="write US dollars, such as 0.50",
        )
    return amount


def shown_log(env: Mapping[str, str]) -> Shown | None:
    """How the log is shown on standard error: `PLANNER_LOG` and `PLANNER_LOG_LEVEL`; None: it is not.

    Raises `SettingsError` where one of them says what it cannot.
    """
    form = _one_of(FORMS, env, "PLANNER_LOG")
    level = _one_of(LEVELS, env, "PLANNER_LOG_LEVEL") or "info"
    return None if form is None else Shown(form, level)


def _one_of(words: tuple[_W, ...], env: Mapping[str, str], name: str) -> _W | None:
    said = env.get(name)
    for word in words:
        if word == said:
            return word
    if said:
        raise SettingsError(f"{name}: {said!r} is nothing it can be", remedy=f"one of {', '.join(words)}")
    return None


def actor() -> str:
    """Who answers a question: the name of the process' user, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def secret_values(env: Mapping[str, str], variables: Iterable[Variable] = ()) -> set[str]:
    """Values that must not be shown, by the names of what holds them."""
    named = [*env.items(), *((variable.name, variable.value) for variable in variables)]
    headers = [pair for name in _TRACE_HEADERS for pair in env.get(name, "").split(",")]
    logins = {value.partition(":")[2] for name, value in named if name.upper().endswith(_LOGIN)}
    return {value for name, value in named if is_secret(name)} | logins | _in_headers(headers)


def _in_headers(pairs: Iterable[str]) -> set[str]:
    """The values of headers as they are written and as they are sent, with and without a scheme (`Basic`)."""
    written = {pair.partition("=")[2].strip() for pair in pairs}
    sent = written | {unquote(value) for value in written}
    return (sent | {value.rpartition(" ")[2] for value in sent}) - {""}


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret rather than the place of one.

    Every name that makes a value in a text secret does so here; of an environment
    more is taken for secret, for a value of it is only ever masked, never missed.
    """
    upper = name.upper()
    if upper in _FOLDERS or upper.endswith(_NOT_SECRET):
        return False
    return upper.endswith(_LOGIN) or any(word in upper for word in _SECRET_WORDS) or is_secret_name(name)


def redactor_of(env: Mapping[str, str]) -> SecretRedactor:
    """The redactor of this process: the environment's secrets, and the rules `PLANNER_REDACTION_RULES` names.

    Raises `SettingsError` where those cannot be used.
    """
    from diagnosis.redact import SecretRedactor  # noqa: PLC0415 - not for what only lists

    path = env.get(_RULES)
    rules = None
    if path:
        from diagnosis.redaction.user_rules import user_rules  # noqa: PLC0415 - only where there are any

        rules = user_rules(Path(path))
    redactor = SecretRedactor(key=secrets.token_bytes(16), values=secret_values(env), rules=rules)
    return redactor.with_values(_inside(env, redactor))


def _inside(env: Mapping[str, str], redactor: SecretRedactor) -> set[str]:
    """The secrets in values that are more than one: in a proxy's URL, in JSON, in settings."""
    telling = (said for said in env.values() if any(sign in said for sign in _TELLING))
    found = {one for said in telling for one in redactor.found_in(said[:_MOST_CHARS])}
    # `postgres://postgres:postgres@` is no secret, and its word stands everywhere.
    return {one for one in found if not (one.isalpha() and one.islower() and len(one) < _A_WORD)}


def masked(text: str, env: Mapping[str, str]) -> str:
    """What is said outside a run, without secrets; where the user's rules cannot be used, by the others."""
    try:
        return redactor_of(env).redact(text)
    except SettingsError:
        return redactor_of({name: said for name, said in env.items() if name != _RULES}).redact(text)
