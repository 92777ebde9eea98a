"""Somebody else's scanner of secrets, over what planner wrote: R-10.

Every detector of detect-secrets whose rule is a token's shape or a key's name.
Left out are those that take any digest for a secret (the entropy of hex and
base64) and any address of the internet for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

_NO_SHAPE = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}


def findings(paths: Iterable[Path]) -> Counter[tuple[str, str]]:
    """How often the scanner found what in which file: {(path, kind): times}.

    It reads a copy of each, as it would pass over a file that is not text, the store among them.
    """
    detectors: dict[str, type] = get_mapping_from_secret_type_to_class()
    names = {kind.__name__ for kind in detectors.values()} - _NO_SHAPE
    found: Counter[tuple[str, str]] = Counter()
    plugins = {"plugins_used": [{"name": name} for name in sorted(names)]}
    with TemporaryDirectory() as there, transient_settings(plugins):
        copy = Path(there) / "copy.txt"
        for path in paths:
            copy.write_text(path.read_bytes().decode(errors="replace"), encoding="utf-8")
            found.update((str(path), secret.type) for secret in scan_file(str(copy)))
    return found
