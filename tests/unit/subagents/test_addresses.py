"""Addresses and ids that a fix may name, and the blocks that show it in a plan."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subagents.remediator import hcl
from subagents.remediator.addresses import address, import_block, moved_block, object_id, removed_block
from subagents.workspace import RefusedError

ADDRESSES = (
    *("terraform_data.a", "aws_s3_bucket.logs[0]", 'x_y.z["a key, with: marks/"]', "module.m.x_y.z"),
    *('module.m["k"].module.n[3].x_y.z[12]', "x_y._z-1"),
)
NO_ADDRESSES = (
    *("", None, "terraform_data", "module.m", "data.aws_region.here", "module.m.data", "a.b.c", "a..b"),
    *("-force", "-state=/etc/passwd", "a.b c", "a.b\n", "a.b[", "a.b[-1]", "a.b[*]", 'a.b["${x}"]', "a.b;id"),
    *('a.b["%{x}"]', 'a.b["\\""]', 'a.b["\n"]', "a.b[1234567890]", "a.b" * 400, "../x", "1a.b", "a.b[0][1]"),
    *("a.b} resource x", 'a.b[""]', 'a.b["' + "k" * 201 + '"]', "a\u200b.b", 'a.b["\x1f"]'),
)
IDS = ("i-0abc", "arn:aws:sqs:eu-west-1:123456789012:q", "a/b c", 'say "hi"', "é", "$x", "{}")
NO_IDS = (
    *("", None, " i-1", "i-1 ", "i\n1", "i\t1", "x" * 1025, "-1", "-var=a=b", "*", "i-?", "${x}", "a%{x}"),
    *("\x1b[2J", "a\u202eb", "a\u2028b"),
)


@pytest.mark.parametrize("said", ADDRESSES)
def test_an_address_of_a_resource_is_taken_as_it_is(said: str) -> None:
    assert address(said) == said


@pytest.mark.parametrize("said", NO_ADDRESSES)
def test_what_is_no_address_of_a_resource_is_refused(said: str | None) -> None:
    with pytest.raises(RefusedError, match="no address"):
        address(said)


@pytest.mark.parametrize("said", IDS)
def test_an_id_that_a_person_can_read_is_taken_as_it_is(said: str) -> None:
    assert object_id(said) == said


@pytest.mark.parametrize("said", NO_IDS)
def test_an_id_that_hides_something_or_is_an_option_or_a_pattern_is_refused(said: str | None) -> None:
    with pytest.raises(RefusedError, match="id of the object"):
        object_id(said)


@given(st.text(max_size=40))
def test_an_import_block_holds_its_id_and_nothing_else(said: str) -> None:
    try:
        id_ = object_id(said)
    except RefusedError:
        return
    file = hcl.read(import_block("a.b", id_))
    assert file is not None
    (block,) = file.blocks
    assert (block.kind, [name for name, _ in block.arguments]) == ("import", ["to", "id"])
    assert json.loads(re.findall(r'id = (".*")', import_block("a.b", id_))[0]) == id_


NAMES = st.text("abz_09-", min_size=1, max_size=4).map("n{}".format)
KEYS = st.one_of(st.just(""), st.just("[3]"), st.text(min_size=1, max_size=4).map('["{}"]'.format))


@given(
    st.builds("{}{}.{}{}".format, st.sampled_from(["", "module.m.", 'module.m["k"].']), NAMES, NAMES, KEYS)
)
def test_every_block_of_an_address_that_is_taken_can_be_read(said: str) -> None:
    try:
        assert address(said) == said
    except RefusedError:
        return
    blocks = [import_block(said, "i"), moved_block(said, "x.y")]
    if not said.endswith("]"):
        blocks.append(removed_block(said))
    for text in blocks:
        file = hcl.read(text)
        assert file is not None
        assert len(file.blocks) == 1


@pytest.mark.parametrize("said", ["a.b[0]", 'a.b["k"]'])
def test_one_instance_of_several_is_not_forgotten(said: str) -> None:
    with pytest.raises(RefusedError, match="a person has to do it"):
        removed_block(said)


def test_what_is_forgotten_is_not_destroyed() -> None:
    assert "destroy = false" in removed_block("a.b")
