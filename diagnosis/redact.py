"""Masks secrets in every text before it reaches a sink.

Layers: values that are known, tokens of a published shape, values with a
telling name, private keys, passwords in URLs; also in texts that stand in
base64. No layer judges by randomness alone: a digest is not a secret. Decides what
a secret is replaced by. Leaves to others: which values are known (`with_values`), and escape sequences
(`contracts.text`).

A failure of a layer is raised, never swallowed: whoever asked must not go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from urllib.parse import unquote

from pydantic import JsonValue

from contracts.text import MASK
from diagnosis.redaction.assigned import assigned_spans
from diagnosis.redaction.beside import beside_spans
from diagnosis.redaction.cut_tokens import cut_spans
from diagnosis.redaction.exact import KnownValues
from diagnosis.redaction.lines import is_mixed
from diagnosis.redaction.manifests import manifest_spans
from diagnosis.redaction.markup import markup_spans
from diagnosis.redaction.objects import ObjectRedactor
from diagnosis.redaction.pem import key_spans
from diagnosis.redaction.rules import token_spans
from diagnosis.redaction.tables import table_spans
from diagnosis.redaction.unpacked import unpacked
from diagnosis.redaction.view import BARRIER, Span, View, decoded

_TAG_BYTES = 2
_ROUNDS = 8
_MOST = 20_000
"""Secrets in one text; one with more is masked as a whole, so that a flood costs no time."""
_SHORTEST_TOKEN = 20
_TOLD = 8
"""Characters of the shortest secret that is masked also where nothing but its other places tells it."""
_MOST_TOLD = 64
"""Secrets of one text whose other places are looked for; each costs a search."""
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
        said: set[str] = set()
        for _ in range(_ROUNDS):
            found = list(islice(self._find(text), _MOST + 1))
            if not found:
                break
            text = self._masked(text, found) if len(found) <= _MOST else self.tag(text)
            said |= {value for _, value in found if len(value) >= _TOLD and is_mixed(value)}
        left = {value for value in islice(sorted(said), _MOST_TOLD) if value in text}
        return self.with_values(left).known_in(text) if left else text

    def redact_json(self, value: JsonValue) -> JsonValue:
        """The same value with every string in it redacted; see `diagnosis.redaction.objects`."""
        return ObjectRedactor(self).redacted(value)

    def known_in(self, key: str) -> str:
        """`key` with the known secrets in it masked, and nothing else."""
        found = list(self._find_known(self._views(key)))
        return self._masked(key, found) if found else key

    def known_number(self, value: float) -> str | None:
        """The known secret that a number is, if it is one."""
        return self._known.number(value)

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
        yield from beside_spans(text, folded)
        yield from table_spans(text, folded)
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
            pieces += (text[done:start], self.tag(found[first][1]))
            done = end
        return "".join((*pieces, text[done:]))

    def tag(self, secret: str) -> str:
        """What a secret is replaced by."""
        digest = blake2b(secret.encode(errors="surrogatepass"), key=self._key, digest_size=_TAG_BYTES)
        return f"<secret:{digest.hexdigest()}>"
