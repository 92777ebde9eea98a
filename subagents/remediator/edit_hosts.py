"""A literal → the hosts and addresses in it, and what a new one of each would need.

Decides what of a text names a machine, and which names are none: an instance
type, a file, a cloud's own service. Private addresses are nobody's concern.
Which hosts a module knew already, and networks open to everyone, are decided
elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from contracts.proposal import Verdict
from subagents.openings import network
from subagents.remediator.hcl_expression import GAP

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/\s\"'<>?#,\\]+)")
_DOTTED = re.compile(
    rf"(?<![\w.{GAP}-])((?:[\w{GAP}-]+\.)+([^\W\d_](?:[^\W_]|-)+))\.?(?![\w{GAP}(-]|\.\w)(?P<more>[/:][\w{GAP}])?"
)
_IPV4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.-])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:/\d{1,3})?(?![\w:])")
_SERVICE = re.compile(
    r"(?:[a-z0-9-]+\.)?(?:[a-z]{2}(?:-[a-z]+)+-\d\.)?amazonaws\.com(?:\.cn)?|[a-z]+\.googleapis\.com"
    r"|com\.amazonaws\.[a-z0-9.-]+|aws\.api\.[a-z0-9.-]+|microsoft\.[a-z]+"
    r"|(?:.*\.)?(?:k8s\.io|kubernetes\.io|cluster\.local|localhost|local|internal|svc|test|invalid)"
    r"|privatelink\.[a-z]+\.(?:core\.)?windows\.net|privatelink\.[a-z.-]+\.azure\.(?:com|net)"
)
"""Names of a principal, an API, a key or a zone of the network itself: none that a stranger can have."""
_TOP = re.compile(
    r"academy|agency|ai|app|art|asia|at|au|be|best|bid|biz|blog|br|buzz|ca|cat|cc|cf|ch|chat|click|cloud"
    r"|club|cn|co|com|company|country|cz|de|design|dev|digital|dk|download|edu|email|es|eu|expert|farm|fi"
    r"|finance|fm|fr|fun|fyi|ga|games|ge|gg|gift|gov|gq|gr|group|guru|host|hu|icu|ie|il|in|info|ink|int|io"
    r"|ir|it|jp|kr|ke|kz|la|life|link|live|lol|ltd|lu|lv|me|media|mil|ml|mobi|money|mx|my|net|network|news"
    r"|ninja|nl|no|nu|nz|one|online|onion|onl|org|page|ph|pro|pub|pw|pt|qa|ro|rocks|ru|run|sa|se|sg|shop"
    r"|si|site|sk|social|space|store|stream|studio|su|support|systems|team|tech|tel|tk|to|today|tools|top"
    r"|trade|tr|tv|tw|ua|ug|uk|us|vip|vn|wang|website|wiki|win|work|works|world|ws|wtf|xin|xyz|za|zone"
)
_ALSO_ENDINGS = re.compile(r"sh|zip|py|pl|rs|md|so|id|name|ps|bat")
"""Endings of files that are also those of hosts."""
_NO_HOST = re.compile(
    r"nano|micro|small|medium|x*large|metal|standard|basic|premium|(?:\w*_)?handler|main|default|latest|html?|m?js|ts|json"
    r"|ya?ml|toml|txt|csv|xml|jar|war|tar|t?gz|bz2|xz|whl|rb|php|go|bash|ps1|exe|conf|cfg|cnf|ini|env|log|lock|tf"
    r"|tfvars|tftpl|tpl|tmpl|j2|hcl|rego|sql|db|pem|crt|cer|key|p12|pfx|jks|service|socket|timer|sock|pid|png|jpe?g"
    r"|svg|gif|ico|css|iso|img|qcow2|ova|deb|rpm|arn|vault|tfstate|fifo|parquet|detail|[a-z]+\d+\w*"
)
_REFERENCE = re.compile(r"var|local|data|module|each|self|path|count|aws|azurerm|google|kubernetes|helm")
"""What a reference that someone put in quotes begins with."""


def hosts(text: str) -> Iterator[tuple[str, Verdict]]:
    """The hosts in a literal, in small letters, each with the verdict on it where it is new."""
    low = unicodedata.normalize("NFKC", text).replace("\u3002", ".").lower()
    for found in _URL.finditer(low):
        host = found[1].rpartition("@")[2]
        if host.partition(":")[0].strip(GAP) and not _is_inside(host):
            yield host, Verdict.STOP
    rest = _URL.sub(" ", low)
    for found in (*_IPV4.finditer(rest), *_IPV6.finditer(rest)):
        if _is_public(found.group()):
            yield found.group(), Verdict.STOP
    for found in _DOTTED.finditer(rest):
        verdict = _verdict(found, text)
        if verdict is not None:
            yield found[1], verdict


def is_known(host: str, known: Iterable[str]) -> bool:
    """Whether the host is one of them; of one that is put together, its end must be that of one."""
    if GAP not in host:
        return host in known
    end = host.rpartition(GAP)[2].lstrip(".-")
    ends = (f".{end}", f"{GAP}{end}") if "." in end else ()
    return any(each in {host, end} or each.endswith(ends) for each in known)


def is_open(text: str) -> bool:
    """Whether a literal opens something to the whole world, or to a good part of it."""
    found = [match.group() for pattern in (_IPV4, _IPV6) for match in pattern.finditer(text)]
    return any(_is_wide(each) for each in found)


def _verdict(found: re.Match[str], whole: str) -> Verdict | None:
    """The verdict on a dotted name; None: it names no host."""
    name, last = found[1], found[2]
    first = name.partition(".")[0]
    if _SERVICE.fullmatch(name):
        return None
    if not last.isascii() or last.startswith("xn--") or _TOP.fullmatch(last):
        return Verdict.STOP
    if _ALSO_ENDINGS.fullmatch(last) and found["more"]:
        return Verdict.STOP
    alone = len(name) == len(whole.rstrip(".")) and whole.islower() and "_" not in name
    alone = alone or bool(found["more"])  # a port or a path: nothing else of many parts has one behind it
    plain = _REFERENCE.fullmatch(first) or _ALSO_ENDINGS.fullmatch(last) or _NO_HOST.fullmatch(last)
    return Verdict.ASK if alone and not plain else None


def _is_inside(host: str) -> bool:
    """Whether the host of a URL is on this machine or in a private network."""
    name = re.sub(r":\d*$", "", host).strip("[]")
    found = network(name)
    if found is not None:
        return not _is_public(name)
    return name == "localhost" or name.endswith(
        (".local", ".internal", ".svc", ".localhost", ".test", ".invalid")
    )


def _is_public(text: str) -> bool:
    found = network(text)
    return found is not None and found.is_global and not _is_wide(text)


def _is_wide(text: str) -> bool:
    """`/0`, and other networks too wide to be anyone's; `0.0.0.0` alone stands for every address."""
    found = network(text)
    if found is None:
        return False
    if text.startswith("0.0.0.0"):  # noqa: S104 - looked for, not listened on
        return True
    widest = 8 if found.version == 4 else 16  # noqa: PLR2004 - the version of the protocol
    return found.prefixlen < widest and (not found.is_private or not found.prefixlen)
