"""Evidence: the errors first, secrets masked, capped, and it says what was left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.context import ConfigBlock, Context, ModuleFacts
from contracts.diagnostic import Diagnostic, Severity, Snippet, SnippetValue
from contracts.incident import Evidence, Stage
from diagnosis.evidence import evidence_of
from diagnosis.redact import SecretRedactor
from subagents.terraform.prose import diagnostics_of


def diagnostic(summary: str, detail: str = "", severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(severity=severity, summary=summary, detail=detail)


def evidence(*diagnostics: Diagnostic, text: str = "") -> Evidence:
    return evidence_of(
        stage=Stage.PLAN,
        diagnostics=diagnostics,
        failed_checks=(),
        text=text,
        engine="terraform 1.11.4",
        redact=lambda said: said.replace("canary", "<secret>"),
    )


def test_errors_come_before_the_warnings_that_were_printed_first() -> None:
    told = evidence(diagnostic("old syntax", severity=Severity.WARNING), diagnostic("broken"))
    assert [d.summary for d in told.diagnostics] == ["broken", "old syntax"]


def test_every_string_is_redacted() -> None:
    told = evidence(diagnostic("a canary", "the canary again"), text="canary")
    assert "canary" not in told.model_dump_json()


def test_the_same_error_twice_is_one() -> None:
    assert len(evidence(diagnostic("a", "b"), diagnostic("a", "b")).diagnostics) == 1


def test_ten_thousand_errors_are_cut_and_the_first_stays() -> None:
    told = evidence(*(diagnostic(f"error {n}", "x" * 500) for n in range(10_000)))
    assert told.diagnostics[0].summary == "error 0"
    assert told.omitted > 9000
    assert len(told.model_dump_json()) < 40_000


def test_one_enormous_error_is_cut_and_not_dropped() -> None:
    told = evidence(diagnostic("huge", "head " + "x" * 1_000_000 + " tail"))
    assert told.diagnostics[0].summary == "huge"
    assert len(told.model_dump_json()) < 40_000


def test_the_value_of_a_secret_variable_in_a_snippet_is_masked() -> None:
    value = SnippetValue(traversal="var.db_password", statement='is "hunter2-canary"')
    shown = diagnostic("bad").model_copy(update={"snippet": Snippet(code="x", values=(value,))})
    told = evidence_of(
        stage=Stage.PLAN,
        diagnostics=(shown,),
        failed_checks=(),
        text="",
        engine="",
        redact=SecretRedactor(key=b"k").redact,
    )
    assert "hunter2" not in told.model_dump_json()


BOXED = """
╷
│ Error: Unsupported argument
│
│   on main.tf line 3, in resource "terraform_data" "a":
│    3:   inptu = 1
│
│ An argument named "inptu" is not expected here.
╵
"""


def test_a_boxed_error_is_read_with_its_place() -> None:
    (found,), rest = diagnostics_of(BOXED)
    assert (found.severity, found.summary) == (Severity.ERROR, "Unsupported argument")
    assert "not expected here" in found.detail
    assert found.range is not None
    assert (found.range.filename, found.range.start_line) == ("main.tf", 3)
    assert not rest.strip()


def test_an_error_without_a_box_and_its_address_are_read() -> None:
    found, _ = diagnostics_of(
        "Error: creating Thing: no\n\n  with module.a.box_thing.b[0],\n  on main.tf line 1:\n"
    )
    assert found[0].address == "module.a.box_thing.b[0]"


def test_text_without_any_error_is_handed_back() -> None:
    found, rest = diagnostics_of("something else entirely\nover two lines")
    assert found == ()
    assert "something else" in rest


@given(st.text(alphabet=st.sampled_from('│╷╵ \nError:Warning" on mainf.line3,*x'), max_size=300))
def test_no_prose_raises(text: str) -> None:
    diagnostics_of(text)


def at(address: str, summary: str, detail: str = "") -> Diagnostic:
    return diagnostic(summary, detail).model_copy(update={"address": address})


def test_many_errors_of_one_cause_are_one_and_tell_where_the_others_are() -> None:
    told = evidence(
        *(
            at(f"aws_sqs_queue.q[{n}]", f"creating SQS Queue (q-{n}): api error AccessDenied: no")
            for n in range(9)
        )
    )
    assert [d.address for d in told.diagnostics] == ["aws_sqs_queue.q[0]"]
    assert told.echoes == tuple(f"aws_sqs_queue.q[{n}]" for n in range(1, 9))
    assert told.omitted == 0


def test_errors_of_another_code_or_without_an_address_stay_apart() -> None:
    told = evidence(
        at("aws_sqs_queue.a", "creating SQS Queue (a): api error AccessDenied: no"),
        at("aws_sqs_queue.b", "creating SQS Queue (b): api error QueueNameExists: no"),
        diagnostic("Reference to undeclared input variable", 'An input variable named "a" is not declared.'),
        diagnostic("Reference to undeclared input variable", 'An input variable named "b" is not declared.'),
    )
    assert len(told.diagnostics) == 4
    assert told.echoes == ()


def test_what_surrounds_the_failure_is_redacted_and_cut_too() -> None:
    context = Context(
        module=ModuleFacts(blocks=(ConfigBlock(file="a.tf", start_line=1, code="canary " * 5_000),) * 40),
        changes=("create a_b.canary",) * 500,
        attempts=("canary",) * 50,
    )
    told = evidence_of(
        stage=Stage.APPLY,
        diagnostics=(diagnostic("x"),),
        failed_checks=(),
        text="",
        engine="",
        redact=lambda said: said.replace("canary", "<secret>"),
        context=context,
    )
    assert "canary" not in told.model_dump_json()
    assert len(told.model_dump_json()) < 40_000
