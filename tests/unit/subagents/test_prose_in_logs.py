"""A box of Terraform that another program wrote into its log, a line of it behind a prefix of its own."""

from __future__ import annotations

import json

import pytest

from subagents.terraform.prose import diagnostics_of

BOX = """│ Error: Provider produced invalid plan
│
│ Provider "box" planned an invalid value
│ for box_a.b.
╵
done"""
PREFIXES = [
    "2022-12-28T13:07 WRN shell.go:72 > ERR: ",
    "> ",
    "stderr: ",
    'Step #2 - "plan": ',
    "  | [08:07Z] ",
]


def logged(prefix: str, text: str) -> str:
    """The text as a log with that prefix holds it."""
    return "\n".join(prefix + line for line in text.split("\n"))


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_box_in_a_log_is_read_as_one_without(prefix: str) -> None:
    (found,), _ = diagnostics_of(logged(prefix, BOX))
    assert found.summary == "Provider produced invalid plan"
    assert found.detail == 'Provider "box" planned an invalid value\nfor box_a.b.'


def test_two_boxes_in_a_log_stay_two() -> None:
    found, _ = diagnostics_of(logged("x > ", BOX.removesuffix("\ndone") + "\n╷\n" + BOX))
    assert len(found) == 2


def test_a_line_without_the_prefix_ends_the_box() -> None:
    (found,), rest = diagnostics_of(logged("x > ", "│ Error: No box\n│ at all") + "\nbye")
    assert (found.summary, found.detail) == ("No box", "at all")
    assert rest == "bye"


def test_a_table_is_no_box() -> None:
    found, _ = diagnostics_of("name │ state\nweb │ Errors: 3\n")
    assert found == ()


@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_a_string_of_json_holds_is_read(ascii_only: object) -> None:
    told = json.dumps({"rc": 1, "stderr": "\n╷\n" + BOX}, ensure_ascii=bool(ascii_only))
    (found,), _ = diagnostics_of(told)
    assert found.summary == "Provider produced invalid plan"
    assert found.detail == 'Provider "box" planned an invalid value\nfor box_a.b.'


def test_a_command_that_prints_line_breaks_is_left_as_it_is() -> None:
    line = "Error running command 'printf \"a\\nb\"': exit status 1"
    _, rest = diagnostics_of(line)
    assert rest == line


@pytest.mark.parametrize(
    "shown",
    [
        r"b'\x1b[31m\x1b[0m\x1b[31mError:\x1b[0m\x1b[1m Provider produced invalid plan\x1b[0m\n\nIt is.'",
        r"E   #x1B[31m#x1B[0m #x1B[1m#x1B[31mError: #x1B[0m#x1B[1mProvider produced invalid plan#x1B[0m",
        r"err=\u001b[31mError: \u001b[0mProvider produced invalid plan\n\nIt is so.",
    ],
)
def test_a_string_that_is_shown_with_the_codes_of_its_colours_is_read_as_what_it_says(shown: str) -> None:
    (found,), _ = diagnostics_of(shown)
    assert found.summary == "Provider produced invalid plan"


def test_a_box_whose_encoding_was_lost_is_a_box() -> None:
    text = BOX.replace("│", "\ufffd\ufffd\ufffd").replace("╵", "\ufffd\ufffd\ufffd")
    (found,), _ = diagnostics_of(text)
    assert found.summary == "Provider produced invalid plan"
    assert found.detail.endswith("for box_a.b.")


def test_errors_that_somebody_numbered_are_errors() -> None:
    text = "1.\tError: Invalid reference\n\non main.tf line 1\n\n2) Error: Unsupported argument\n"
    found, _ = diagnostics_of(text)
    assert [d.summary for d in found] == ["Invalid reference", "Unsupported argument"]


def test_an_error_without_a_box_is_read_as_mail_and_markdown_quote_it() -> None:
    told = "> Error: No box\n>\n>   on main.tf line 2, in locals:\n>    2:   a = b\n>\n> None at all.\n>"
    (found,), _ = diagnostics_of(told)
    assert (found.summary, found.detail) == ("No box", "None at all.")
    assert found.range is not None
    assert found.range.start_line == 2
