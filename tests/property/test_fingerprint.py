"""One cause, one fingerprint: stable under everything particular, different where the cause is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.diagnostic import Diagnostic, Severity
from contracts.hypothesis import Category
from contracts.incident import Evidence, Stage
from diagnosis.fingerprint import fingerprint_of

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
HEX = st.from_regex(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", fullmatch=True)
REGIONS = st.sampled_from(["us-east-1", "eu-west-2", "ap-southeast-1"])


def failure(name: str, request: str, region: str, code: str = "VpcLimitExceeded") -> Evidence:
    summary = (
        f'creating EC2 VPC ("{name}"): StatusCode: 400, RequestID: {request}, api error {code}: in {region}'
    )
    return Evidence(
        stage=Stage.APPLY,
        diagnostics=(Diagnostic(severity=Severity.ERROR, summary=summary, address=f"aws_vpc.{name}"),),
    )


FAILURES = st.builds(failure, NAMES, HEX, REGIONS)


@given(FAILURES, FAILURES)
def test_names_ids_and_regions_do_not_matter(one: Evidence, two: Evidence) -> None:
    assert fingerprint_of(one, Category.QUOTA) == fingerprint_of(two, Category.QUOTA)


@given(NAMES, HEX, REGIONS)
def test_another_code_or_category_is_another_cause(name: str, request: str, region: str) -> None:
    this = failure(name, request, region)
    other = failure(name, request, region, code="AddressLimitExceeded")
    assert fingerprint_of(this, Category.QUOTA) != fingerprint_of(other, Category.QUOTA)
    assert fingerprint_of(this, Category.QUOTA) != fingerprint_of(this, Category.THROTTLING)


@given(st.text(max_size=200))
def test_any_text_has_one_of_the_known_form(text: str) -> None:
    found = fingerprint_of(Evidence(stage=None, text=text), None)
    assert found.startswith("f1:")
    assert len(found) == len("f1:") + 16
    assert found == fingerprint_of(Evidence(stage=None, text=text), None)
