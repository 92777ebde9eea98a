"""What looks like a new name is told, where nothing else of its type goes or comes."""

from __future__ import annotations

import pytest

from contracts.terraform import ChangeAction, PlannedChange
from planner.renamed import renamed

GOES, COMES, STAYS = ChangeAction.DELETE, ChangeAction.CREATE, ChangeAction.UPDATE


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("aws_db.a", GOES), ("aws_db.b", COMES)], {"aws_db.a": "aws_db.b"}),
        ([("aws_db.a", GOES), ("module.m.aws_db.a", COMES)], {"aws_db.a": "module.m.aws_db.a"}),
        ([("aws_db.a[0]", GOES), ('aws_db.a["x.y[1]"]', COMES)], {"aws_db.a[0]": 'aws_db.a["x.y[1]"]'}),
        ([('module.m["a.b"].aws_db.a', GOES), ("aws_db.b", COMES)], {'module.m["a.b"].aws_db.a': "aws_db.b"}),
        ([("aws_db.a", GOES), ("aws_vpc.b", COMES)], {}),
        ([("aws_db.a", GOES), ("aws_db.b", COMES), ("aws_db.c", COMES)], {}),
        ([("aws_db.a", GOES), ("aws_db.c", GOES), ("aws_db.b", COMES)], {}),
        ([("aws_db.a", GOES), ("aws_db.b", STAYS)], {}),
        ([("aws_db.a", COMES)], {}),
        ([("", GOES), ("odd", COMES)], {}),
    ],
)
def test_one_that_goes_and_one_that_comes_are_a_pair(
    changes: list[tuple[str, ChangeAction]], told: dict[str, str]
) -> None:
    assert renamed(PlannedChange(address=where, action=what) for where, what in changes) == told
