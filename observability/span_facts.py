"""What contracts tell → the attributes of spans and events. Pure; text is cleared where it leaves."""

from __future__ import annotations

from pathlib import Path

from contracts.budget import Usage
from contracts.diagnostic import Diagnostic
from contracts.incident import Incident
from contracts.journal import EffectIntended, RunOpened
from contracts.result import RunResult
from contracts.run import Effect
from contracts.terraform import Progress
from contracts.validation import CheckResult
from observability import conventions as c
from observability.spans import Facts


def of_run(run_id: str, entry: RunOpened) -> Facts:
    """What is known of a run when it begins; of its module's path the last part."""
    return {
        c.OPERATION: c.WORKFLOW,
        c.WORKFLOW_NAME: c.PLANNER,
        c.RUN_ID: run_id,
        c.MODULE: Path(entry.request.module).name,
        c.VERSION: entry.planner_version,
        c.ENGINE: entry.engine.name,
        c.ENGINE_VERSION: entry.engine.version,
    }


def of_result(result: RunResult) -> Facts:
    """What came of a run."""
    facts: Facts = {
        c.STATE: result.state.value,
        c.REASON: result.reason,
        c.EXIT_CODE: result.exit_code,
        c.ATTEMPTS: len(result.attempts),
        c.MODEL_CALLS: result.usage.model_calls,
    }
    if result.usage.cost_usd is not None:
        facts[c.COST_USD] = result.usage.cost_usd
    if result.incidents:
        facts[c.CATEGORY] = result.incidents[-1].category.value
    return facts


def of_effect(entry: EffectIntended, engine: str) -> tuple[str, Facts]:
    """The name of an effect's span, and what is known of it when it begins."""
    facts: Facts = {c.EFFECT: entry.effect.value, c.ATTEMPT: entry.attempt}
    if entry.effect is Effect.MODEL:
        provider, _, model = (entry.model or "").partition(":")
        facts |= {c.OPERATION: c.CHAT, c.PROVIDER: c.PROVIDERS.get(provider, provider)}
        return f"{c.CHAT} {model}", facts | {c.REQUEST_MODEL: model}
    tool = _tool(entry, engine)
    facts |= {c.OPERATION: c.TOOL, c.TOOL_NAME: tool}
    return f"{c.TOOL} {tool}", facts | ({c.WHAT: entry.what} if entry.what else {})


def _tool(entry: EffectIntended, engine: str) -> str:
    """A Terraform command by its own name, without its arguments; else the effect itself."""
    if entry.effect in {Effect.PROMOTE, Effect.UNDO}:
        return entry.effect.value
    if entry.effect is Effect.PROVE:
        return f"{engine} {entry.what}"
    if entry.effect is Effect.CHANGE:
        words = entry.what.split()[1:]
        return " ".join([engine, *words[: 2 if words[:1] == ["state"] else 1]])
    return f"{engine} {entry.effect.value}"


def of_usage(usage: Usage) -> Facts:
    """What a model call took."""
    facts: Facts = {
        c.INPUT_TOKENS: usage.input_tokens + usage.cached_tokens,
        c.CACHED_TOKENS: usage.cached_tokens,
        c.OUTPUT_TOKENS: usage.output_tokens,
    }
    return facts if usage.cost_usd is None else {**facts, c.COST_USD: float(usage.cost_usd)}


def of_incident(incident: Incident) -> Facts:
    """What a diagnosis came to."""
    return {
        c.CATEGORY: incident.category.value,
        c.SOURCE: incident.source.value if incident.source else "unknown",
        c.CONFIDENCE: incident.confidence,
        c.FINGERPRINT: incident.fingerprint,
        c.REMEDIATION: incident.remediation.kind,
        c.DECISION: incident.decision.value,
    }


def of_check(check: CheckResult) -> Facts:
    """What a check found."""
    return {
        c.CHECK_NAME: check.name,
        c.CHECK_KIND: check.kind.value,
        c.CHECK_PASSED: check.passed,
        c.CHECK_DETAIL: check.detail,
    }


def of_diagnostic(diagnostic: Diagnostic) -> Facts:
    """Terraform's one line; the detail of it may quote anything, and stays in the journal."""
    facts: Facts = {c.SEVERITY: diagnostic.severity.value, c.SUMMARY: diagnostic.summary}
    return facts if diagnostic.address is None else {**facts, c.ADDRESS: diagnostic.address}


def of_progress(progress: Progress) -> Facts:
    """One step of one resource instance."""
    return {
        c.ADDRESS: progress.address,
        c.ACTION: progress.action,
        c.PHASE: progress.phase,
        c.ELAPSED_S: progress.elapsed_s,
    }
