"""Asks one HTTP URL or one TCP port, once. The one door for HTTP checks.

Every answer is `(ok, what was seen)`: a refused connection is an answer, not an
error. Decides nothing about when to ask again (`subagents.validator.agent`).
Nothing seen holds the URL's user, password or query.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from http.client import HTTPException, InvalidURL, RemoteDisconnected
from ipaddress import ip_address
from urllib.error import URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

_PORT_MAX = 65535


def http_status(url: str, status: int, timeout_s: float) -> tuple[bool, str]:
    """Whether a GET answers with the status; redirects are not followed, the body is not read.

    `timeout_s` bounds each wait for the network, not their sum. A proxy of the
    environment is used, but never for an address of this machine.
    """
    try:
        with _opener(url).open(_request(url), timeout=timeout_s) as answer:
            return answer.status == status, f"status {answer.status}"
    except (InvalidURL, ValueError):  # their texts quote the URL
        return False, "a URL that is malformed, or neither http:// nor https://"
    except URLError as error:
        return False, _words(error.reason)
    except (OSError, HTTPException) as error:
        return False, _words(error)


def tcp_connect(target: str, timeout_s: float) -> tuple[bool, str]:
    """Whether `HOST:PORT` or `[IPV6]:PORT` accepts a connection; nothing is sent."""
    address = address_of(target)
    if address is None:
        return False, "a target that is neither HOST:PORT nor [IPV6]:PORT"
    try:
        with socket.create_connection(address, timeout=timeout_s):
            return True, "an open port"
    except OSError as error:
        return False, _words(error)
    except ValueError:  # a host name that cannot be encoded
        return False, "a host name that is malformed"


def address_of(target: str) -> tuple[str, int] | None:
    """Host and port of `HOST:PORT` or `[IPV6]:PORT`; None where it is neither."""
    host, _, port = target.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if not host or (":" in host and not bracketed) or not port.isdecimal() or not 0 < int(port) <= _PORT_MAX:
        return None
    return host, int(port)


def is_http_url(url: str) -> bool:
    """Whether it may be asked at all."""
    try:
        _parsed(url)
    except ValueError:
        return False
    return True


def shown(url: str) -> str:
    """The URL without user, password, query and fragment, for names and details."""
    try:
        target = _parsed(url)
    except ValueError:  # where its parts cannot be told apart, none is shown
        return "(malformed URL)"
    place = f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"
    return f"{place}?…" if target.query else place


def _parsed(url: str) -> SplitResult:
    """The URL's parts; ValueError where it is no HTTP URL."""
    target = urlsplit(url)
    if target.scheme not in {"http", "https"} or not target.hostname or target.port == 0:
        raise ValueError("no HTTP URL")
    return target


def _opener(url: str) -> OpenerDirector:
    """An opener that knows one scheme, and neither redirects nor errors: each status is an answer."""
    target = _parsed(url)
    opener = OpenerDirector()
    opener.add_handler(ProxyHandler({}) if _is_loopback(target.hostname or "") else ProxyHandler())
    opener.add_handler(HTTPSHandler() if target.scheme == "https" else HTTPHandler())
    return opener


def _request(url: str) -> Request:
    """A GET that carries the URL's user in a header, where urllib would take it for a host."""
    target = _parsed(url)
    host = target.netloc.rpartition("@")[2]
    headers = {"User-Agent": "planner", **_authorization(target)}
    return Request(target._replace(netloc=host, fragment="").geturl(), headers=headers)  # noqa: S310 - `_parsed` checks the scheme


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _authorization(target: SplitResult) -> dict[str, str]:
    """Basic authentication where the URL names a user, as a browser would send it."""
    if target.username is None:
        return {}
    pair = f"{unquote(target.username)}:{unquote(target.password or '')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _words(error: BaseException | str) -> str:
    """What the network did, in the system's words; never in the other side's."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLError():
            return f"a TLS error: {getattr(error, 'verify_message', error.reason)}"
        case RemoteDisconnected():
            return "a connection closed without an answer"
        case HTTPException():
            return "an answer that is not HTTP"
        case OSError(strerror=str(words)):
            return words.lower()
        case _:
            return str(error)
