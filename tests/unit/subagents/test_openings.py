"""What lets in more than before, whatever provider says it, and what lets in as much."""

from __future__ import annotations

import pytest

from subagents.openings import Item, lays_out, widened

MORE: dict[str, tuple[list[Item], list[Item]]] = {
    "a wider network": ([("cidr_blocks", "10.0.0.5/32")], [("cidr_blocks", "10.0.0.0/8")]),
    "a network of one address": ([("source", "10.0.0.5")], [("source", "10.0.0.0/24")]),
    "one network more": (
        [("source_ranges", "10.0.0.0/24")],
        [("source_ranges", "10.0.0.0/24"), ("source_ranges", "192.168.0.0/16")],
    ),
    "version 6": ([("cidr", "fd00::/64"), ("x", "fd00::/64")], [("cidr", "fd00::/64"), ("x", "fd00::/16")]),
    "a range of addresses": (
        [("start_ip_address", "10.0.0.1"), ("end_ip_address", "10.0.0.9")],
        [("start_ip_address", "10.0.0.1"), ("end_ip_address", "10.0.9.9")],
    ),
    "a range of ports": (
        [("from_port", "443"), ("to_port", "443")],
        [("from_port", "0"), ("to_port", "443")],
    ),
    "a range as a text": ([("destination_port_range", "443")], [("destination_port_range", "1-65535")]),
    "a range with a colon": ([("dport", "22")], [("dport", "1:65535")]),
    "all ports": ([("port_range", "22")], [("port_range", "any")]),
    "one port more": ([("ports", "443")], [("ports", "443"), ("ports", "22")]),
    "every protocol": ([("protocol", "tcp")], [("protocol", "all")]),
}
AS_MUCH: dict[str, tuple[list[Item], list[Item]]] = {
    "another port": ([("from_port", "80"), ("to_port", "80")], [("from_port", "8080"), ("to_port", "8080")]),
    "another network as wide": ([("cidr_blocks", "10.0.0.0/24")], [("cidr_blocks", "10.0.1.0/24")]),
    "a part of it": ([("cidr_blocks", "10.0.0.0/8")], [("cidr_blocks", "10.1.0.0/16")]),
    "bits of a host": ([("cidr_blocks", "10.0.0.5/24")], [("cidr_blocks", "10.0.0.0/24")]),
    "a mask": ([("cidr_blocks", "10.0.0.5")], [("cidr_blocks", "10.0.0.5/32")]),
    "fewer ports": ([("ports", "80-90")], [("ports", "80")]),
    "what has none before": ([("name", "a")], [("name", "a"), ("cidr_blocks", "10.0.0.0/8")]),
    "a network that was none": (
        [("cidr_blocks", "10.0.0.0/23"), ("cidr_blocks", "10.0.2.0/33")],
        [("cidr_blocks", "10.0.0.0/23"), ("cidr_blocks", "10.0.2.0/23")],
    ),
    "a port that was a name": ([("port", "80"), ("port", "https")], [("port", "80"), ("port", "443")]),
    "a version": ([("engine_version", "10.0.0.1")], [("engine_version", "10.0.0.1")]),
    "a space of addresses": ([("address_space", "10.0.0.0/24")], [("address_space", "10.0.0.0/16")]),
}


@pytest.mark.parametrize(("before", "after"), MORE.values(), ids=MORE)
def test_what_lets_in_more_is_told(before: list[Item], after: list[Item]) -> None:
    assert len(list(widened(before, after))) == 1


@pytest.mark.parametrize(("before", "after"), AS_MUCH.values(), ids=AS_MUCH)
def test_what_lets_in_as_much_is_not(before: list[Item], after: list[Item]) -> None:
    assert not list(widened(before, after))


@pytest.mark.parametrize(
    ("kind", "lays"),
    [("aws_vpc", True), ("google_compute_subnetwork", True), ("aws_security_group", False), ("", False)],
)
def test_a_network_itself_lets_nobody_in(kind: str, *, lays: bool) -> None:
    assert lays_out(kind) is lays
