"""Masks secrets in a JSON value: a string by what is in it, by its key and by what stands beside it.

Decides what an object says of the strings in it. Leaves to others: what is a
secret in a text, and by what it is replaced (`diagnosis.redact`).
"""

from __future__ import annotations

import re
from itertools import chain, count
from typing import Protocol

from pydantic import JsonValue

from contracts.base import Contract
from contracts.text import MASK
from diagnosis.redaction.manifests_json import DATA, is_around_secrets, is_secret
from diagnosis.redaction.names import is_secret_name, is_secret_value

_NUMBERS = re.compile(r"\n  ([1-9][0-9]{0,8}): ")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?")
"""A string of what a check of an output saw; of one that was cut, the beginning."""


class TextRedactor(Protocol):
    """What is asked of each text: see `diagnosis.redact.SecretRedactor`."""

    def redact(self, text: str) -> str:
        """The text with what is secret in it masked."""
        ...

    def tag(self, secret: str) -> str:
        """What a secret is replaced by."""
        ...

    def known_in(self, key: str) -> str:
        """The text with the known secrets in it masked, and nothing else."""
        ...

    def known_number(self, value: float) -> str | None:
        """The known secret that a number is, if it is one."""
        ...


class ObjectRedactor:
    """Redacts whole values with what redacts a text."""

    def __init__(self, text: TextRedactor) -> None:
        self._text = text

    def redacted(self, value: JsonValue) -> JsonValue:
        """The same value with every string in it redacted; numbers and structure stay.

        A key stays too, but for the known secrets in it: keys of a map may be computed.
        A string is a secret as a whole where its key says so (`"password"`),
        or where a `name` beside it does (`{"name": "db_password", "value": …}`);
        so is what a diagnostic says of the value of a `traversal`.
        """
        return self._below(value, holds_data=False)

    def _below(self, value: JsonValue, *, holds_data: bool) -> JsonValue:
        """The same below an object that may say that whatever is data in it is secret."""
        match value:
            case str():
                return self._text.redact(value)
            case list():
                return [self._below(item, holds_data=holds_data) for item in value]
            case dict():
                holds_data = holds_data or is_around_secrets(value)
                clear = {
                    key: self._item(key, item, value, holds_data=holds_data) for key, item in value.items()
                }
                return self._keyed(value, clear)
            case _:
                return value

    def _item(
        self, key: str, item: JsonValue, beside: dict[str, JsonValue], *, holds_data: bool
    ) -> JsonValue:
        """One item of a dict, in the light of its key, of what stands beside and around it."""
        if is_secret_name(key) or (key.lower().endswith("value") and _is_named(beside)):
            return self._secret(item)
        match key, item, beside:
            case "detail", str(said), {"kind": "outputs", "name": str(what)} if is_secret_name(
                what.removeprefix("outputs: ")
            ):
                return self._text.redact(
                    _QUOTED.sub(lambda quoted: self._text.tag(quoted[0].strip('"')), said)
                )
            case "statement", str(statement), {"traversal": str(what)}:
                said = self._text.redact(f"{what} {statement}")
                return (
                    said.removeprefix(f"{what} ") if said.startswith(what) else self._text.redact(statement)
                )
            case "code", str(code), {"context": str(context)}:
                return self._code(code, context)
            case _, dict(data), _ if key in DATA and (holds_data or is_secret(beside)):
                return {name: self._secret(said) for name, said in data.items()}
            case _:
                clear = self._below(item, holds_data=holds_data)
                return self._numbers(clear) if key in {"value", "equals"} else clear

    def _code(self, code: str, context: str) -> str:
        """A snippet's code, in the light of what it belongs to; by itself where a mask hides its start."""
        taken = set(_NUMBERS.findall(f"{context}\n{code}"))
        mark = next(f"\n  {number}: " for number in count(1) if str(number) not in taken)
        _, begins, clear = self._text.redact(f"in {context}{mark}{code}").partition(mark)
        return clear if begins else self._text.redact(code)

    def _numbers(self, value: JsonValue) -> JsonValue:
        """The value with the known secrets masked that are numbers in it; elsewhere numbers count things."""
        match value:
            case bool():
                return value
            case int() | float():
                known = self._text.known_number(value)
                return value if known is None else self._text.tag(known)
            case list():
                return [self._numbers(item) for item in value]
            case dict():
                return {key: self._numbers(item) for key, item in value.items()}
            case _:
                return value

    def _secret(self, value: JsonValue) -> JsonValue:
        """What stands under a secret name, masked: a string, strings in a list, or a dict's `value`."""
        match value:
            case str():
                clear = self._text.redact(value)
                plain = MASK.sub("", clear)
                return self._text.tag(value) if plain and is_secret_value(plain) else clear
            case list():
                return [self._secret(item) for item in value]
            case dict():
                items = {
                    key: self._secret(item) if key == "value" or is_secret_name(key) else self.redacted(item)
                    for key, item in value.items()
                }
                return self._keyed(value, items)
            case _:
                return value

    def _keyed(self, value: dict[str, JsonValue], clear: dict[str, JsonValue]) -> JsonValue:
        """`clear` with the known secrets in its keys masked; of keys that become the same, all stay."""
        masked = {key: self._key_of(key) for key in value}
        if all(key == said for key, said in masked.items()):
            return clear
        keyed: dict[str, JsonValue] = {key: item for key, item in clear.items() if masked[key] == key}
        for key, said in masked.items():
            if said != key:
                also = (f"{said} ({number})" for number in count(2))
                keyed[next(name for name in chain((said,), also) if name not in keyed)] = clear[key]
        return keyed

    def _key_of(self, key: str) -> str:
        said = self._text.known_in(key)
        return key if said == key or key in _own_names() else said


def _is_named(beside: dict[str, JsonValue]) -> bool:
    """Whether what says the name of a value beside it says a secret one: `"name": "db_password"`."""
    said = (name for key, name in beside.items() if key.lower().endswith(("name", "key")))
    return any(isinstance(name, str) and is_secret_name(name) for name in said)


def _own_names() -> set[str]:
    """The fields of our own contracts: a text that holds one is read again by its names."""
    due: list[type[Contract]] = [Contract]
    names: set[str] = set()
    while due:
        kind = due.pop()
        names.update(kind.model_fields)
        due += kind.__subclasses__()
    return names
