"""What a state and a command line tell: addresses, identities, what was meant, what was changed."""

from __future__ import annotations

import json

import pytest

from evals.reading import changing, contents_of, objects_of


def state(identity: str = "a1b2-1", colour: str = "blue") -> str:
    def instance(**more: object) -> dict[str, object]:
        return {"attributes": {"id": identity, "input": colour, "output": colour}, **more}

    return json.dumps(
        {
            "outputs": {"where": {"value": f"http://{identity}/"}},
            "resources": [
                {"mode": "managed", "type": "t", "name": "one", "instances": [instance()]},
                {
                    "mode": "managed",
                    "module": 'module.m["x"]',
                    "type": "t",
                    "name": "many",
                    "instances": [instance(index_key="k"), instance(index_key=0, deposed="d1")],
                },
                {"mode": "data", "type": "t", "name": "read", "instances": [instance()]},
            ],
        }
    )


def test_every_managed_object_has_its_address() -> None:
    assert sorted(objects_of(state())) == [
        'module.m["x"].t.many["k"]',
        'module.m["x"].t.many[0] deposed d1',
        "t.one",
    ]
    assert objects_of("") == {}


def test_contents_are_what_was_meant_and_not_which_object_it_became() -> None:
    assert contents_of(state("a1b2-1")) == contents_of(state("zz-9"))
    assert contents_of(state(colour="blue")) != contents_of(state(colour="red"))
    assert contents_of("") == contents_of("{}")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("plan -json -out=/tmp/p", ""),
        ("state list", ""),
        ("state pull", ""),
        ("apply -json -input=false /tmp/p", "apply"),
        ("apply -auto-approve -replace=a.b", "apply -replace a.b"),
        ("import -input=false a.b x-1", "import a.b x-1"),
        ("state rm a.b", "state rm a.b"),
        ("force-unlock -force 1-2", "force-unlock 1-2"),
        ("", ""),
    ],
)
def test_only_what_changes_something_is_told(command: str, told: str) -> None:
    assert changing(command.split()) == told
