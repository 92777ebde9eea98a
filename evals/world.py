"""The world of one executed scenario: its servers, what planner and Terraform are told, and what breaks.

Decides what a fault of the world does, and how it is taken back. Each server is
reached through a proxy (`evals.proxy`); what is held rather than served is in
`evals.holding`. Nothing of a world outlives it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self, assert_never

from evals.faults import Clock, FullDisk, HeldLock, Http, KilledProvider, Request, WorldFault
from evals.holding import Holder, ProviderKiller
from evals.proxy import Counted, Proxy, Rule
from evals.servers import StateServer, WebServer, aws, serving
from evals.skew import skewed
from subagents.clock import SystemClock

_STATE = "/state"
_REFUSED = 400
_ANSWER_S = 30.0
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
"""What moto needs to know for whom a request is; it checks no signature."""

Heal = Callable[[], object]


class World:
    """The servers in `serve`, of `aws`, `state` and `web`, while it is entered.

    `scratch` is an empty folder outside the module, `module` the one that
    faults are about, `mirror` a folder of providers; None: Terraform looks
    where it usually does. Entering raises `ValueError` where a server does not start.
    """

    def __init__(self, *, serve: Sequence[str], scratch: Path, module: Path, mirror: Path | None) -> None:
        self._serve = tuple(serve)
        self._scratch = scratch
        self._module = module
        self._clock = SystemClock()
        self._proxies: dict[str, Proxy] = {}
        self._store: StateServer | None = None
        self._struck: dict[str, Heal] = {}
        self._held: set[str] = set()
        self._stack = ExitStack()
        rc = scratch / "terraform.rc"
        found = f"filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}"
        rc.write_text(f"provider_installation {{\n  {found}\n}}\n" if mirror else "", encoding="utf-8")
        self.env: dict[str, str] = {"TF_CLI_CONFIG_FILE": str(rc), "CHECKPOINT_DISABLE": "1"}
        """For planner and Terraform; whole once the world is entered."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for name in self._serve:
                proxy = Proxy(self._start(name, stack))
                stack.enter_context(serving(proxy))
                self._proxies[name] = proxy
            self._stack = stack.pop_all()
        if "aws" in self._proxies:
            self.env |= {
                "AWS_ENDPOINT_URL": self._proxies["aws"].url,
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing-secret",
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, name: str, stack: ExitStack) -> int:
        if name == "aws":
            return stack.enter_context(aws(self._scratch / "aws.log"))
        server: StateServer | WebServer
        if name == "state":
            server = self._store = StateServer()
        else:
            server = WebServer()
        stack.enter_context(serving(server))
        return server.server_port

    def fill(self, text: str) -> str:
        """Put in the URLs of the servers."""
        for name, proxy in self._proxies.items():
            text = text.replace(f"@{name.upper()}@", proxy.url + (_STATE if name == "state" else ""))
        return text

    def strike(self, fault: WorldFault) -> None:
        """Let a fault happen. Raises `ValueError` where it cannot."""
        if fault.name in self._struck:
            raise ValueError(f"{fault.name} has struck already")
        self._struck[fault.name] = self._heal_of(fault)

    def heal(self, name: str) -> None:
        """Take a fault back; one that is over by itself may be healed too. Raises `ValueError`."""
        if name not in self._struck:
            raise ValueError(f"{name} has not struck")
        self._struck[name]()
        del self._struck[name]

    def leftovers(self) -> tuple[str, ...]:
        """What somebody else than a fault still holds."""
        locks = self._store.locks.values() if self._store else ()
        return tuple("lock on the state server" for lock in list(locks) if lock.get("ID") not in self._held)

    def _heal_of(self, fault: WorldFault) -> Heal:
        """Let a fault happen; returns what takes it back."""
        match fault:
            case Http():
                filled = {name: self.fill(value) for name, value in fault.headers.items()}
                whole = fault.model_copy(update={"headers": filled, "body": self.fill(fault.body)})
                return self._ruled(fault.server, fault.name, Counted(whole))
            case Clock():
                return self._ruled(fault.server, fault.name, skewed(fault, self._clock.now))
            case HeldLock():
                return self._locked(fault)
            case Request():
                self._ask(fault, fault.body)
                return partial(self._undo, fault)
            case KilledProvider():
                return self._closing(ProviderKiller(self.env["TF_CLI_CONFIG_FILE"], fault.times))
            case FullDisk():
                folder = self._module / fault.folder
                folder.mkdir(parents=True, exist_ok=True)
                aside, log = self._scratch / f"aside-{uuid.uuid4().hex}", self._scratch / "disk.log"
                return self._closing(Holder("disk", str(folder), str(aside), log=log))
            case _:
                assert_never(fault)

    def _closing(self, held: Holder | ProviderKiller) -> Heal:
        self._stack.callback(held.close)
        return held.close

    def _proxy(self, server: str) -> Proxy:
        if server not in self._proxies:
            raise ValueError(f"the world has no server {server!r}: it serves {self._serve}")
        return self._proxies[server]

    def _ruled(self, server: str, name: str, rule: Rule) -> Heal:
        proxy = self._proxy(server)
        with proxy.guard:
            proxy.rules[name] = rule
        return partial(self._unruled, proxy, name)

    def _unruled(self, proxy: Proxy, name: str) -> None:
        with proxy.guard:
            del proxy.rules[name]

    def _locked(self, fault: HeldLock) -> Heal:
        lock_id = str(uuid.uuid5(uuid.NAMESPACE_URL, fault.name))
        info = {
            "ID": lock_id,
            "Operation": "OperationTypeApply",
            "Info": "",
            "Who": fault.who,
            "Version": "1.11.4",
            "Created": self._clock.now().isoformat().replace("+00:00", "Z"),
            "Path": fault.state if fault.where == "local" else "",
        }
        if fault.where == "local":
            state, log = self._module / fault.state, self._scratch / "lock.log"
            release: Heal = self._closing(Holder("lock", str(state), json.dumps(info), log=log))
        else:
            self._proxy("state")
            if self._store is None or self._store.take(_STATE, info) is not None:
                raise ValueError(f"{fault.name}: somebody holds that lock already")
            self._held.add(lock_id)
            release = partial(self._store.free, _STATE, lock_id)
        if fault.for_s is None:
            return release
        timer = Timer(fault.for_s, release)
        timer.start()
        self._stack.callback(timer.join)
        self._stack.callback(timer.cancel)

        def heal() -> None:
            timer.cancel()
            release()

        return heal

    def _undo(self, fault: Request) -> None:
        if fault.undo is None:
            raise ValueError(f"{fault.name} cannot be taken back")
        self._ask(fault, fault.undo)

    def _ask(self, fault: Request, body: str) -> None:
        """One request, past the proxy and its faults."""
        proxy = self._proxy(fault.server)
        headers = {name.lower(): self.fill(value) for name, value in fault.headers.items()}
        service = headers.pop("x-service", None)
        defaults = {"host": proxy.url.removeprefix("http://")}  # AWS makes URLs of it
        if body:
            defaults["content-type"] = "application/x-www-form-urlencoded"
        if service:
            defaults["authorization"] = _SIGNED.format(service=service)
        connection = HTTPConnection("127.0.0.1", proxy.port, timeout=_ANSWER_S)
        try:
            text = self.fill(body).encode()
            connection.request(fault.method, self.fill(fault.path), text or None, {**defaults, **headers})
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= _REFUSED:
            raise ValueError(f"{fault.name}: it was answered {answer.status}: {said[:300]}")
