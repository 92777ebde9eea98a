"""Masks secrets in every text before it reaches a sink.

Layers: values that are known, tokens of a published shape, values with a
telling name, private keys, passwords in URLs; also in texts that stand in
base64. No layer judges by randomness alone: a digest is not a secret. Decides what
a secret is replaced by. Leaves to others: which values are known (`with_values`), and escape sequences
(`contracts.text`).

A failure of a layer is raised, never swallowed: whoever asked must not go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import chain, count, islice
from urllib.parse import unquote

from pydantic import JsonValue

from contracts.base import Contract
from contracts.text import MASK
from diagnosis.redaction.assigned import assigned_spans
from diagnosis.redaction.cut_tokens import cut_spans
from diagnosis.redaction.exact import KnownValues
from diagnosis.redaction.manifests import manifest_spans
from diagnosis.redaction.manifests_json import DATA, is_around_secrets, is_secret
from diagnosis.redaction.markup import markup_spans
from diagnosis.redaction.names import is_secret_name, is_secret_value
from diagnosis.redaction.pem import key_spans
from diagnosis.redaction.rules import token_spans
from diagnosis.redaction.unpacked import unpacked
from diagnosis.redaction.view import BARRIER, Span, View, decoded

_TAG_BYTES = 2
_ROUNDS = 8
_MOST = 20_000
"""Secrets in one text; one with more is masked as a whole, so that a flood costs no time."""
_NUMBERS = re.compile(r"\n  ([1-9][0-9]{0,8}): ")
_SHORTEST_TOKEN = 20
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?")
"""A string of what a check of an output saw; of one that was cut, the beginning."""
_PACKED = 3
"""How often a text may be packed into another one, each of which is read."""


class SecretRedactor:
    """The port `Redactor`.

    `key` is random and new for each run: a tag tells places with the same
    secret from others, and nothing of the secret. `values` are secrets known
    to the caller; those shorter than six characters are not looked for. `rules`
    are a user's own (`diagnosis.redaction.user_rules`).
    """

    def __init__(
        self,
        *,
        key: bytes,
        values: Iterable[str] = (),
        rules: Callable[[str, str], Iterator[Span]] | None = None,
    ) -> None:
        self._key = key
        self._rules = rules
        self._known = KnownValues(values)

    def with_values(self, values: Iterable[str]) -> SecretRedactor:
        """A redactor with the same tags that knows these values too, plain and encoded."""
        return SecretRedactor(key=self._key, values=self._known.values.union(values), rules=self._rules)

    def found_in(self, text: str) -> set[str]:
        """The secrets that a text holds, also in a form that is printed otherwise than it is sent."""
        found = {value for _, value in islice(self._find(text), _MOST)}
        return found | {unquote(value) for value in found}

    def redact(self, text: str) -> str:
        """`text` with every secret replaced by a tag such as `<secret:3f2a>`.

        The same secret gets the same tag. Redacting what is redacted changes
        nothing: a mask may leave a neighbour that only now looks like a
        secret, so the search goes on until it finds nothing.
        """
        for _ in range(_ROUNDS):
            found = list(islice(self._find(text), _MOST + 1))
            if not found:
                break
            text = self._masked(text, found) if len(found) <= _MOST else self._tag(text)
        return text

    def redact_json(self, value: JsonValue) -> JsonValue:
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
                return self.redact(value)
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
        name = beside.get("name") if key == "value" else None
        if is_secret_name(key) or (isinstance(name, str) and is_secret_name(name)):
            return self._secret(item)
        match key, item, beside:
            case "detail", str(said), {"kind": "outputs", "name": str(what)} if is_secret_name(
                what.removeprefix("outputs: ")
            ):
                return self.redact(_QUOTED.sub(lambda quoted: self._tag(quoted[0].strip('"')), said))
            case "statement", str(statement), {"traversal": str(what)} if is_secret_name(what):
                said = self.redact(f"{what} {statement}")
                return said.removeprefix(f"{what} ")
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
        _, begins, clear = self.redact(f"in {context}{mark}{code}").partition(mark)
        return clear if begins else self.redact(code)

    def _numbers(self, value: JsonValue) -> JsonValue:
        """The value with the known secrets masked that are numbers in it; elsewhere numbers count things."""
        match value:
            case bool():
                return value
            case int() | float():
                known = self._known.number(value)
                return value if known is None else self._tag(known)
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
                clear = self.redact(value)
                plain = MASK.sub("", clear)
                return self._tag(value) if plain and is_secret_value(plain) else clear
            case list():
                return [self._secret(item) for item in value]
            case dict():
                items = {
                    key: self._secret(item)
                    if key == "value" or is_secret_name(key)
                    else self.redact_json(item)
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
        found = list(self._find_known(self._views(key)))
        return self._masked(key, found) if found and key not in _own_names() else key

    def _find(self, text: str, depth: int = 0) -> Iterator[tuple[Span, str]]:
        """Every secret with its value, known ones first; spans may overlap."""
        views = self._views(text)
        yield from self._find_known(views)
        if len(text) < _SHORTEST_TOKEN and text.isalnum():
            return  # a word: most strings of a journal line are
        for seen in views:
            for span in self._spans(seen.text):
                yield seen.original(span), seen.text[slice(*span)]
        as_read = views[-1]
        for inside in unpacked(as_read.text, is_unpacked=depth > 0) if depth < _PACKED else ():
            for span, value in self._find(inside.text, depth + 1):
                yield as_read.original(inside.original(span)), value

    def _views(self, text: str) -> list[View]:
        """`text` without what is masked in it already, as it is and as it would be read."""
        hidden = MASK.sub(lambda tag: BARRIER * len(tag[0]), text) if "<secret:" in text else text
        view = decoded(hidden)
        return [View.of(hidden)] if view is None else [View.of(hidden), view]

    def _find_known(self, views: list[View]) -> Iterator[tuple[Span, str]]:
        for seen in views:
            for span, value in self._known.find(seen.text):
                yield seen.original(span), value

    def _spans(self, text: str) -> Iterator[Span]:
        """Where secrets are that nobody told us of."""
        folded = text.replace("\u0130", "I").lower()  # the one letter whose lower case is longer
        yield from key_spans(text)
        yield from token_spans(text, folded)
        yield from cut_spans(text)
        yield from assigned_spans(text, folded)
        yield from markup_spans(text, folded)
        yield from manifest_spans(text)
        if self._rules is not None:
            yield from self._rules(text, folded)

    def _masked(self, text: str, found: list[tuple[Span, str]]) -> str:
        """`text` with overlapping spans masked as one, in the name of the first found of them."""
        pieces: list[str] = []
        done = 0
        order = sorted(range(len(found)), key=lambda i: found[i][0])
        index = 0
        while index < len(order):
            first = order[index]
            start, end = found[first][0]
            index += 1
            while index < len(order) and found[order[index]][0][0] < end:
                end = max(end, found[order[index]][0][1])
                first = min(first, order[index])
                index += 1
            pieces += (text[done:start], self._tag(found[first][1]))
            done = end
        return "".join((*pieces, text[done:]))

    def _tag(self, secret: str) -> str:
        digest = blake2b(secret.encode(errors="surrogatepass"), key=self._key, digest_size=_TAG_BYTES)
        return f"<secret:{digest.hexdigest()}>"


def _own_names() -> set[str]:
    """The fields of our own contracts: a text that holds one is read again by its names."""
    due: list[type[Contract]] = [Contract]
    names: set[str] = set()
    while due:
        kind = due.pop()
        names.update(kind.model_fields)
        due += kind.__subclasses__()
    return names
