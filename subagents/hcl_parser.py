"""The parser of configuration: one a process, built when a text is first read. It forgives broken files."""

from __future__ import annotations

from functools import cache

import tree_sitter_hcl
from tree_sitter import Language, Parser


@cache
def parser() -> Parser:
    """tree-sitter's, for HCL."""
    return Parser(Language(tree_sitter_hcl.language()))
