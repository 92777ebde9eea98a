"""A remedy that says "edit the configuration" → the very edits, where only one answer is left.

Decides which repair belongs to which of Terraform's messages, and that nothing
is proposed which does not leave every file it touches sound, touches a
provider, a backend or a provisioner, or competes with another repair. Leaves
to the others here what is wrong and right (`repair_names` and its neighbours),
and to the policy what may be applied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from contracts.diagnostic import Diagnostic, Severity
from contracts.remediation import Edit, EditConfig, ForceUnlock, Import, Remediation, SetVariable
from subagents.remediator import repair_blocks as blocks
from subagents.remediator import repair_lines as lines
from subagents.remediator import repair_names as names_
from subagents.remediator import repair_schema as schema
from subagents.remediator import repair_search as search
from subagents.remediator import repair_values as values
from subagents.remediator.repair_case import Case, Repair
from subagents.remediator.repair_edits import edits_of
from subagents.remediator.repair_ids import with_lock_id, with_object
from subagents.remediator.repair_text import Fix, Module, Source, Span, shape, touches_closed

_MOST_REPAIRED = 50  # errors of one attempt
_MOST_SAID = 5  # changes that the summary tells one by one
_REPAIRS: dict[str, tuple[Repair, ...]] = {
    "Argument definition required": (lines.crowded_block,),
    "Argument or block definition required": (
        search.needless_brace,
        search.needless_sign,
        search.broken_expression,
        search.missing_opening,
        lines.missing_equals,
    ),
    "Attribute redefined": (blocks.set_twice,),
    "Call to unknown function": (names_.misspelt_function,),
    "Duplicate local value definition": (blocks.set_twice,),
    "Duplicate output definition": (blocks.declared_twice,),
    "Duplicate variable declaration": (blocks.declared_twice,),
    "Extraneous label for locals": (lines.label_of_locals,),
    "Failed to query available provider packages": (names_.misspelt_provider,),
    "Invalid argument name": (lines.quoted_argument,),
    "Invalid block definition": (lines.equals_before_block, lines.labels_unquoted, search.missing_opening),
    "Invalid character": (lines.foreign_characters,),
    "Invalid data source": (names_.misspelt_type,),
    "Invalid depends_on reference": (values.not_a_whole_object,),
    "Invalid escape sequence": (lines.unknown_escape,),
    "Invalid expression": (values.not_a_list, search.needless_sign),
    "Invalid for_each argument": (values.for_each_of_a_list,),
    "Invalid ignore_changes wildcard": (values.every_change_ignored,),
    "Invalid index": (values.index_of_a_single_one, search.missing_separator),
    "Invalid legacy variable type hint": (values.quoted_type,),
    "Invalid multi-line string": (search.missing_quote,),
    "Invalid quoted type constraints": (values.quoted_type,),
    "Invalid reference": (values.foreign_literal,),
    "Invalid resource type": (names_.misspelt_type,),
    "Invalid single-argument block definition": (lines.crowded_block,),
    "Invalid type specification": (values.unknown_type,),
    "Missing argument separator": (search.missing_separator,),
    "Missing attribute separator": (search.missing_in_object,),
    "Missing attribute value": (search.missing_in_object,),
    "Missing item separator": (search.missing_separator,),
    "Missing key/value separator": (lines.object_separator, search.missing_opening),
    "Missing newline after argument": (search.needless_sign, lines.second_argument),
    "Missing newline after block definition": (search.needless_sign,),
    "No value for required variable": (names_.misspelt_in_tfvars,),
    "Output refers to sensitive values": (blocks.unmarked_output,),
    "Reference to undeclared input variable": (names_.misspelt_reference,),
    "Reference to undeclared local value": (names_.misspelt_reference,),
    "Reference to undeclared module": (names_.misspelt_reference,),
    "Reference to undeclared resource": (names_.misspelt_resource,),
    "Unclosed configuration block": (search.unclosed_block,),
    "Unclosed template interpolation sequence": (search.missing_template_brace,),
    "Unexpected comma after argument": (lines.needless_comma,),
    "Unexpected resource instance key": (values.index_of_a_single_one,),
    "Unsupported argument": (schema.misspelt_argument, blocks.argument_for_block),
    "Unsupported attribute": (schema.misspelt_attribute, schema.misspelt_ignored),
    "Unsupported block type": (blocks.block_for_argument, schema.misspelt_block),
    "Variables not allowed": (values.foreign_literal,),
    "Unsupported operator": (lines.boolean_operator, search.missing_quote),
}
_MORE_REPAIRS: tuple[tuple[re.Pattern[str], Repair], ...] = (
    (re.compile(r'Duplicate (?:resource|data) ".*" configuration'), blocks.declared_twice),
    (re.compile(r'Invalid "\w+" attribute'), names_.misspelt_builtin),
)


def repair(
    remedy: Remediation,
    diagnostics: Sequence[Diagnostic],
    read: Callable[[str], str],
    names: Sequence[str],
) -> Remediation:
    """The remedy with what Terraform's own words and the module's files leave no doubt about.

    `read` gives a file's text by its path relative to the module and raises
    `RefusedError`; `names` are the module's `.tf` and `.tfvars` files. The
    remedy comes back unchanged where it is complete, or nothing is certain.
    An attempt's errors that can be repaired together are repaired together.
    """
    match remedy:
        case Import():
            return with_object(remedy, diagnostics)
        case ForceUnlock():
            return with_lock_id(remedy, diagnostics)
        case EditConfig(edits=()) | SetVariable(value=None):
            return _edited(Case(Module(read, names), diagnostics)) or remedy
        case _:
            return remedy


def _edited(case: Case) -> EditConfig | None:
    fixes = _sound_together(case.module, _apart(_settled(case.module, list(_fixes(case)))))
    edits: list[Edit] = []
    for source in _touched(case.module, fixes):
        made = edits_of(source, _spans(fixes, source))
        if made is None:
            return None
        edits += made
    said = list(dict.fromkeys(f"{fix.says[:1].upper()}{fix.says[1:]}." for fix in fixes))
    more = [f"And {len(said) - _MOST_SAID} more such changes."] if len(said) > _MOST_SAID else []
    return EditConfig(edits=tuple(edits), summary=" ".join(said[:_MOST_SAID] + more)) if edits else None


def _fixes(case: Case) -> Iterator[Fix]:
    """What each error's repairs make of it: the first, but every one that alone makes a broken file sound."""
    errors = [one for one in case.diagnostics if one.severity is Severity.ERROR]
    for diagnostic in errors[:_MOST_REPAIRED]:
        more = (found for pattern, found in _MORE_REPAIRS if pattern.fullmatch(diagnostic.summary))
        made = (one(diagnostic, case) for one in (*_REPAIRS.get(diagnostic.summary, ()), *more))
        fit = [fix for fix in made if fix is not None and _is_fit(case.module, fix)]
        yield from [fix for fix in fit if _mends(case.module, fix)] or fit[:1]


def _is_fit(module: Module, fix: Fix) -> bool:
    """Whether a fix changes something, leaves sound what was sound, and keeps off what is closed."""
    for source in _touched(module, [fix]):
        spans = _spans([fix], source)
        after = source.with_spans(spans)
        if after.text == source.text or (source.is_sound and not after.is_sound):
            return False
        if touches_closed(source, [(span.start, span.end) for span in spans]):
            return False
    return True


def _mends(module: Module, fix: Fix) -> bool:
    """Whether it makes sound what was not."""
    return all(
        not source.is_sound and source.with_spans(_spans([fix], source)).is_sound
        for source in _touched(module, [fix])
    )


def _settled(module: Module, fixes: list[Fix]) -> list[Fix]:
    """Where one fix makes a broken file sound, it is the only one there; where several differ, none is."""
    for source in _touched(module, fixes):
        if source.is_sound:
            continue
        here = [fix for fix in fixes if _spans([fix], source)]
        alone = [(fix, source.with_spans(_spans([fix], source))) for fix in here]
        alone = [(fix, after) for fix, after in alone if after.is_sound]
        if alone:
            kept = [alone[0][0]] if len({shape(after, after.root) for _, after in alone}) == 1 else []
            fixes = [fix for fix in fixes if fix not in here or fix in kept]
    return fixes


def _apart(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes without those that want to change what an earlier one changes."""
    kept: list[Fix] = []
    for fix in fixes:
        taken = [span for one in kept for span in one.spans]
        clash = any(_clash(span, other) for span in fix.spans for other in taken)
        if not clash:
            kept.append(fix)
    return kept


def _clash(one: Span, other: Span) -> bool:
    overlap = one.start < other.end and other.start < one.end
    return one.file == other.file and (overlap or one.start == other.start)


def _sound_together(module: Module, fixes: list[Fix]) -> list[Fix]:
    """The fixes that leave every file they touch sound, and keep off what is closed there."""
    for source in _touched(module, fixes):
        spans = sorted(_spans(fixes, source))
        after, moved, places = source.with_spans(spans), 0, []
        for span in spans:
            places.append((span.start + moved, span.start + moved + len(span.text)))
            moved += len(span.text) - (span.end - span.start)
        if not after.is_sound or touches_closed(after, places):
            return _sound_together(module, [fix for fix in fixes if not _spans([fix], source)])
    return fixes


def _touched(module: Module, fixes: Iterable[Fix]) -> list[Source]:
    found = (module.source(name) for name in dict.fromkeys(span.file for fix in fixes for span in fix.spans))
    return [source for source in found if source is not None]


def _spans(fixes: Iterable[Fix], source: Source) -> list[Span]:
    return [span for fix in fixes for span in fix.spans if span.file == source.name]
