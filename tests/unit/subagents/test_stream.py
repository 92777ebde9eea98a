"""Terraform's `-json` lines, the good ones and the others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.diagnostic import Severity
from contracts.terraform import ChangeAction, Progress
from subagents.terraform.stream import Stream, outputs_of


def fed(*messages: dict[str, Any] | bytes) -> tuple[Stream, list[Progress]]:
    stream = Stream()
    told = [stream.feed(m if isinstance(m, bytes) else json.dumps(m).encode()) for m in messages]
    return stream, [progress for progress in told if progress is not None]


def hook(kind: str, address: str, action: str | None = None, **more: object) -> dict[str, Any]:
    return {"type": kind, "hook": {"resource": {"addr": address}, "action": action, **more}}


def change(address: str, action: str, **more: object) -> dict[str, Any]:
    return {"type": "planned_change", "change": {"resource": {"addr": address}, "action": action, **more}}


def test_a_plan_tells_its_changes_with_their_reasons() -> None:
    stream, _ = fed(
        {"type": "version", "terraform": "1.11.4", "ui": "1.2"},
        change("a.b", "replace", reason="tainted"),
        change("a.a", "create"),
        change("a.c", "remove"),
        change("a.d", "something new"),
        change("data.a.f", "read"),
    )
    assert stream.engine_version == "1.11.4"
    assert [(c.address, c.action, c.destructive) for c in stream.changes] == [
        ("a.a", ChangeAction.CREATE, False),
        ("a.b", ChangeAction.REPLACE, True),
        ("a.c", ChangeAction.REMOVE, True),
        ("a.d", ChangeAction.UNKNOWN, True),
    ]
    assert stream.changes[1].reason == "tainted"


def test_a_planned_change_for_which_terraform_has_no_word_is_one_all_the_same() -> None:
    """It says `noop` of an action that its stream does not know, and tells no object that stays as it is."""
    stream, _ = fed(change("a.a", "noop"))
    assert [(c.action, c.destructive) for c in stream.changes] == [(ChangeAction.UNKNOWN, True)]


def summary(**counts: int) -> dict[str, Any]:
    return {"type": "change_summary", "changes": {**counts, "operation": "plan"}}


@pytest.mark.parametrize(
    ("lines", "counts", "untold"),
    [
        ((change("a.a", "create"), change("a.b", "replace")), {"add": 2, "remove": 1}, 0),
        ((change("a.b", "replace"),), {"add": 2, "remove": 1}, 1),
        ((), {"change": 3}, 3),
        ((change("a.a", "update", importing={"id": "x"}),), {"change": 1, "import": 1}, 0),
        ((change("a.a", "update"),), {"change": 1, "import": 1}, 1),
        ((change("a.a", "move"), change("a.b", "remove"), change("a.c", "read")), {"add": 0}, 0),
        ((change("a.a", "something new"),), {"remove": 1}, 0),
        ((change("a.a", "create"),), {}, 0),
    ],
)
def test_changes_that_a_summary_counts_and_no_line_tells_are_missed(
    lines: tuple[dict[str, Any], ...], counts: dict[str, int], untold: int
) -> None:
    assert fed(*lines, summary(**counts))[0].untold == untold


def test_opentofu_names_its_version_by_another_key() -> None:
    stream, _ = fed({"type": "version", "tofu": "1.9.0", "ui": "1.2"})
    assert stream.engine_version == "1.9.0"


def test_an_apply_tells_what_ended_well_and_what_never_ended() -> None:
    stream, progress = fed(
        hook("apply_start", "a.a", "create"),
        hook("apply_start", "a.b", "create"),
        hook("apply_start", "a.c", "delete"),
        hook("apply_progress", "a.a", "create", elapsed_seconds=10),
        hook("apply_complete", "a.a", "create", elapsed_seconds=12),
        hook("apply_errored", "a.c", "delete"),
    )
    assert [(c.address, c.action, c.ok) for c in stream.applied] == [
        ("a.a", "create", True),
        ("a.b", "create", False),
        ("a.c", "delete", False),
    ]
    assert [(p.phase, p.elapsed_s) for p in progress if p.address == "a.a"] == [
        ("start", 0),
        ("progress", 10),
        ("complete", 12),
    ]


def test_what_is_refreshed_is_in_the_state() -> None:
    stream, _ = fed(hook("refresh_start", "a.b"), hook("refresh_complete", "a.b"))
    assert stream.in_state == {"a.b"}


def test_the_value_of_a_sensitive_output_is_never_kept() -> None:
    stream, _ = fed(
        {
            "type": "outputs",
            "outputs": {
                "open": {"sensitive": False, "type": "string", "value": "a"},
                "secret": {"sensitive": True, "type": "string", "value": "canary"},
            },
        }
    )
    assert stream.outputs["open"].value == "a"
    assert stream.outputs["secret"].value is None
    told = outputs_of(b'{"s": {"sensitive": true, "value": "canary"}, "o": {"sensitive": false, "value": 1}}')
    assert told is not None
    assert (told["s"].value, told["o"].value) == (None, 1)


def test_a_plan_declares_outputs_without_values() -> None:
    stream, _ = fed({"type": "outputs", "outputs": {"a": {"sensitive": False, "action": "update"}}})
    assert not stream.outputs["a"].known
    assert stream.outputs_change


def test_a_diagnostic_keeps_its_address_range_and_snippet_and_loses_its_escapes() -> None:
    stream, _ = fed(
        {
            "type": "diagnostic",
            "diagnostic": {
                "severity": "worse than error",
                "summary": "\x1b[31mbad\x1b[0m\u202e",
                "detail": "d",
                "address": "a.b",
                "range": {"filename": "main.tf", "start": {"line": 3}, "end": {"line": 4}},
                "snippet": {
                    "context": "c",
                    "code": "x = 1",
                    "start_line": 3,
                    "values": [{"traversal": "var.a"}, 7],
                },
            },
        }
    )
    (found,) = stream.diagnostics
    assert (found.severity, found.summary) == (Severity.UNKNOWN, "bad")
    assert found.range is not None
    assert (found.range.filename, found.range.start_line, found.range.end_line) == ("main.tf", 3, 4)
    assert found.snippet is not None
    assert [value.traversal for value in found.snippet.values] == ["var.a"]


def test_a_state_dumped_on_standard_output_is_never_kept_as_text() -> None:
    stream, _ = fed(b"something a wrapper said", b"{", b'  "lineage": "secret-state",', b"}")
    assert "secret-state" not in stream.text
    assert "wrapper" in stream.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        "version",
        "diagnostic",
        "planned_change",
        "resource_drift",
        "outputs",
        "apply_start",
        "refresh_start",
        "x",
    ]
)


@given(KINDS, st.sampled_from(["diagnostic", "change", "outputs", "hook"]), json_values)
def test_no_shape_of_message_raises(kind: str, key: str, value: object) -> None:
    stream, _ = fed(json.dumps({"type": kind, key: value}).encode())
    assert stream.changes is not None
    assert stream.applied is not None


@given(st.binary(max_size=300))
def test_no_bytes_raise(line: bytes) -> None:
    stream = Stream()
    stream.feed(line)
    stream.text.encode("utf-8")


def test_depth_and_size_do_not_raise() -> None:
    fed(b"[" * 100_000, b'{"a":' * 50_000, b"9" * 100_000, b'{"type": "diagnostic", "diagnostic": null}')


def test_an_output_with_more_digits_than_python_reads_is_kept_as_its_text() -> None:
    told = b'{"type": "outputs", "outputs": {"o": {"type": "number", "value": %s}}}' % (b"9" * 5000)
    stream, _ = fed(told)
    assert stream.outputs["o"].value == "9" * 5000


@pytest.mark.parametrize("line", ["1e999", "9" * 400, "9" * 5000, "NaN", "-Infinity"])
def test_a_line_that_no_file_has_is_none(line: str) -> None:
    told = f'{{"type": "diagnostic", "diagnostic": {{"range": {{"start": {{"line": {line}}}}}}}}}'
    stream, _ = fed(told.encode())
    assert stream.diagnostics[0].range is not None
    assert stream.diagnostics[0].range.start_line == 0
