"""`metrics`: what planner counts, served, written or pushed for Prometheus."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from contracts.errors import PlannerError, SettingsError
from contracts.version import VERSION
from planner.commands.options import EXISTING, echo, home_option
from planner.wiring import day_cap, environment, home_of

if TYPE_CHECKING:
    from observability.readings import Readings
    from observability.serving import MetricsServer

_POLL_S = 0.2


@click.group()
def metrics() -> None:
    """Serve, write or push what planner counts, for Prometheus."""


@metrics.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9779, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--tls-cert", type=EXISTING, help="A certificate (PEM): answer over HTTPS.")
@click.option("--tls-key", type=EXISTING, help="Its key (PEM), where that is another file.")
@home_option
def serve(host: str, port: int, tls_cert: Path | None, tls_key: Path | None, home: Path | None) -> None:
    """Answer scrapes of /metrics until Ctrl-C or SIGTERM."""
    from observability.metrics import rendered  # noqa: PLC0415 - prometheus_client, and only here it is needed
    from observability.serving import is_loopback  # noqa: PLC0415 - as above

    look = _reader(home)
    look()  # a store that cannot be used is told now, not to the first scrape

    def page(accept: str) -> tuple[bytes, str] | None:
        try:
            return rendered(look(), accept)
        except (PlannerError, OSError):
            return None

    server = _server(host, port, page, tls_cert, tls_key)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    click.echo(f"metrics are at {server.url}", err=True)
    if tls_cert is None and not is_loopback(host):
        click.echo("whoever reaches this address can read them: see --tls-cert", err=True)
    with server:
        server.serve_forever(_POLL_S)


@metrics.command(short_help="Write them to a file for a text-file collector.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@home_option
def textfile(file: Path, home: Path | None) -> None:
    """Write them to FILE, whole or not at all, for a text-file collector."""
    from observability.metrics import text  # noqa: PLC0415 - prometheus_client

    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise SettingsError(f"{file} is no plain file", remedy="name one, or a new one in a writable folder")
    body = text(_reader(home)())
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(body)
        beside.chmod(0o644)  # another user's collector reads it
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SettingsError(
            f"{file} cannot be written: {error.strerror}", remedy="name a file in a writable folder"
        ) from error


@metrics.command(short_help="Put them on a Pushgateway.")
@click.argument("url")
@click.option("--instance", default=socket.gethostname, help="Whose metrics they are.  [the host's name]")
@home_option
def push(url: str, instance: str, home: Path | None) -> None:
    """Put them on the Pushgateway at URL, in the place of what this instance pushed before."""
    from observability.metrics import place_of  # noqa: PLC0415 - prometheus_client
    from observability.metrics import push as pushed  # noqa: PLC0415 - as above

    why = pushed(_reader(home)(), url, instance)
    if why is not None:
        raise SettingsError(
            f"{place_of(url)} did not take the metrics: {why}",
            remedy="look whether a Pushgateway is there, such as http://HOST:9091",
        )


@metrics.command("list")
def list_() -> None:
    """Print every metric there is."""
    from observability.catalog import ALL  # noqa: PLC0415 - as above

    rows = [
        ("METRIC", "TYPE", "LABELS", "WHAT"),
        *((m.name, m.kind, ", ".join(m.labels), m.what) for m in ALL),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *told, what in rows:
        echo("  ".join((*(f"{cell:<{width}}" for cell, width in zip(told, widths, strict=True)), what)))


def _reader(home: Path | None) -> Callable[[], Readings]:
    """What reads everything once; each call opens the store for itself. Raises `PlannerError`."""
    from observability.metrics import evaluations  # noqa: PLC0415 - prometheus_client
    from planner.readings import Moment, read  # noqa: PLC0415 - not for `list`
    from planner.readings_home import with_home  # noqa: PLC0415 - as above
    from planner.store import Store  # noqa: PLC0415 - as above
    from subagents.clock import SystemClock  # noqa: PLC0415 - as above

    env = environment()
    root, day_usd, ours = home_of(home, env), day_cap(env), VERSION

    def look() -> Readings:
        store = Store(root / "planner.db")
        try:
            readings = read(store, Moment(SystemClock().now(), day_usd, ours))
        finally:
            store.close()
        return with_home(readings, root, evaluations)

    return look


def _server(
    host: str,
    port: int,
    page: Callable[[str], tuple[bytes, str] | None],
    tls_cert: Path | None,
    tls_key: Path | None,
) -> MetricsServer:
    from observability.serving import MetricsServer, context_of  # noqa: PLC0415 - an HTTP server

    if tls_key is not None and tls_cert is None:
        raise SettingsError("--tls-key is of no use alone", remedy="name its certificate with --tls-cert")
    try:
        tls = None if tls_cert is None else context_of(tls_cert, tls_key)
    except OSError as error:
        raise SettingsError(
            "the certificate or its key cannot be used", remedy="name PEM files that belong together"
        ) from error
    try:
        return MetricsServer(host, port, page, tls)
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {error.strerror}", remedy="name another with --port"
        ) from error
