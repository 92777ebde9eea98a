"""Two values of a rule → whether the later one lets in more: wider networks, more ports, any protocol. Pure.

Looks at keys and texts alone, whatever provider they are of and however private
the networks are. A network, or a port, in the place of one that is as wide is no
more. Leaves to others what is open to everybody, and which values are compared.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator

Item = tuple[str, str]
"""The name of an attribute in small letters, and the text of its value or of one in its list."""
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LAYS_OUT = re.compile(
    r"\w+_(?:vpc|vpcs|subnet|subnetwork|virtual_network|vnet|network|networks|route|routes|route_table|routing\w*"
    r"|(?:ipv[46]_)?cidr_block_association|ipam\w*)(?:_v\d+)?"
)
"""Types of resources whose networks are what they are, and no rule of who may come in."""
_LAID_OUT = re.compile(
    r"(?:\w+_)?(?:address_space|address_prefix|address_prefixes|ip_cidr_range|subnets?|subnet_cidrs?|vpc_cidr\w*)"
    r"|destination_cidr\w*|(?:\w+_)?(?:pod|pods|service|services|cluster|node)_(?:ipv[46]_)?cidr\w*|cidr"
)
_LIKE_ONE = re.compile(r"[\d.]+\.[\d.]+(?:/\d*)?")
_SOURCE = re.compile(r"(?:source|src|destination|dest)_address_prefix(?:es)?")
_LOW_PORT = re.compile(r"(?:from|min|start|begin)_?port|port_(?:range_)?(?:min|from|start)")
_HIGH_PORT = re.compile(r"(?:to|max|end)_?port|port_(?:range_)?(?:max|to|end)")
_PORTS = re.compile(r"(?:\w+_)?port_ranges?|(?:\w+_)?ports?|[ds]port")
_RANGE = re.compile(r"(\d{1,5})(?:\s*[-:]\s*(\d{1,5}))?")
_LOW_ADDRESS = re.compile(r"(?:start|first|from|begin)_(?:ip|address)\w*")
_HIGH_ADDRESS = re.compile(r"(?:end|last|to)_(?:ip|address)\w*")
_PROTOCOL = re.compile(r"(?:ip_)?proto(?:col)?s?")
_ANY = frozenset({"-1", "*", "any", "all"})
_ALL_PORTS = 65536


def lays_out(kind: str) -> bool:
    """Whether a resource of this type lays networks out, and lets nobody in."""
    return _LAYS_OUT.fullmatch(kind) is not None


def widened(before: Iterable[Item], after: Iterable[Item]) -> Iterator[str]:
    """How the later value lets in more than the earlier one, in words that hold no value."""
    was, now = list(before), list(after)
    wrong = sum(_mistyped(text) for _, text in was) - sum(_mistyped(text) for _, text in now)
    if _more_networks(_networks(was), _networks(now), wrong) or _exceeds(
        was, now, _LOW_ADDRESS, _HIGH_ADDRESS, _address
    ):
        yield "it lets in more addresses than before"
    ports = [_ports(each) for each in (was, now)]
    if 0 < ports[0] < ports[1] or _exceeds(was, now, _LOW_PORT, _HIGH_PORT, _number):
        yield "it opens more ports than before"
    any_before, any_now = (
        {key for key, text in each if _PROTOCOL.fullmatch(key) and text.lower() in _ANY}
        for each in (was, now)
    )
    if any_now - any_before and any(_PROTOCOL.fullmatch(key) for key, _ in was):
        yield "it lets in every protocol"


def _networks(items: Iterable[Item]) -> list[_Network]:
    found = (
        network(text)
        for key, text in items
        if _SOURCE.fullmatch(key) or not _LAID_OUT.fullmatch(key)
        if not (_LOW_ADDRESS.fullmatch(key) or _HIGH_ADDRESS.fullmatch(key))
    )
    return [one for one in found if one is not None]


def network(text: str) -> _Network | None:
    """The network that a text is; None: it is none."""
    if not text[:1] or text[0] not in "0123456789abcdefABCDEF:" or not ("." in text or ":" in text):
        return None
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _mistyped(text: str) -> bool:
    """Whether it was to be a network, and is none."""
    return _LIKE_ONE.fullmatch(text) is not None and network(text) is None


def _more_networks(was: list[_Network], now: list[_Network], wrong: int) -> bool:
    """Whether a network is new that is in none of the old ones, and as wide as none that went for it.

    For each of the `wrong` ones that went, one may come that is no wider than another.
    """
    gone = sorted((one for one in was if one not in now), key=lambda one: one.prefixlen)
    for new in sorted((one for one in now if one not in was), key=lambda one: one.prefixlen):
        if not was or any(_is_in(new, one) for one in was):
            continue
        left = [one for one in gone if one.version == new.version and one.prefixlen <= new.prefixlen]
        if left:
            gone.remove(left[-1])
        elif wrong > 0 and any(one.version == new.version and one.prefixlen <= new.prefixlen for one in was):
            wrong -= 1
        else:
            return True
    return False


def _is_in(inner: _Network, outer: _Network) -> bool:
    if inner.version != outer.version:
        return False
    return bool(inner.subnet_of(outer))  # type: ignore[arg-type]


def _ports(items: Iterable[Item]) -> int:
    """How many ports are named, each as often as it is."""
    total = 0
    for key, text in items:
        if not _PORTS.fullmatch(key) or _LOW_PORT.fullmatch(key) or _HIGH_PORT.fullmatch(key):
            continue
        if text.lower() in _ANY:
            total += _ALL_PORTS
        elif ranges := _RANGE.findall(text):
            total += sum(max(1, int(last or first) - int(first) + 1) for first, last in ranges)
        else:
            total += 1  # the name of a service
    return total


def _exceeds(
    was: list[Item],
    now: list[Item],
    low: re.Pattern[str],
    high: re.Pattern[str],
    read: Callable[[str], int | None],
) -> bool:
    """Whether what lies between the pairs of a low and a high end is more than it was."""
    total: list[int] = []
    for items in (was, now):
        ends: list[list[int]] = [
            [end for key, text in items if name.fullmatch(key) and (end := read(text)) is not None]
            for name in (low, high)
        ]
        total.append(sum(max(1, top - bottom + 1) for bottom, top in zip(*ends, strict=False)))
    return 0 < total[0] < total[1]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _address(text: str) -> int | None:
    found = network(text)
    return int(found.network_address) if found is not None else None
