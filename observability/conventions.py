"""Every name of a span, an event and an attribute in a trace of planner.

Those that begin with `gen_ai.`, `error.` and `process.` are OpenTelemetry's
semantic conventions (the GenAI ones of `open-telemetry/semantic-conventions-genai`,
status *Development*, 2026-11); the rest is planner's own. Written here rather
than imported: the package that holds them costs a start and renames them as they move.
"""

from __future__ import annotations

from typing import Final

# --- spans: `OPERATION NAME` ------------------------------------------------------------------------
WORKFLOW: Final = "invoke_workflow"
AGENT: Final = "invoke_agent"
TOOL: Final = "execute_tool"
CHAT: Final = "chat"
CHECK: Final = "check"
PLANNER: Final = "planner"
DIAGNOSER: Final = "diagnoser"

# --- events -----------------------------------------------------------------------------------------
PARKED: Final = "planner.parked"
DECIDED: Final = "planner.decided"
RESUMED: Final = "planner.resumed"
CUT_OFF: Final = "planner.cut_off"
DIAGNOSTIC: Final = "planner.diagnostic"
RESOURCE: Final = "planner.resource"

# --- attributes: OpenTelemetry's --------------------------------------------------------------------
OPERATION: Final = "gen_ai.operation.name"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
AGENT_NAME: Final = "gen_ai.agent.name"
TOOL_NAME: Final = "gen_ai.tool.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
"""All of them: what was read from the provider's cache is among them."""
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
ERROR_TYPE: Final = "error.type"
PID: Final = "process.pid"
PROVIDERS: Final = {"bedrock": "aws.bedrock"}
"""Where a provider has another name there than before the colon of `PROVIDER:ID`."""

# --- attributes: planner's own ----------------------------------------------------------------------
RUN_ID: Final = "planner.run.id"
MODULE: Final = "planner.module"
VERSION: Final = "planner.version"
ENGINE: Final = "planner.engine.name"
ENGINE_VERSION: Final = "planner.engine.version"
STATE: Final = "planner.state"
REASON: Final = "planner.reason"
EXIT_CODE: Final = "planner.exit_code"
CATEGORY: Final = "planner.category"
GAVE_UP: Final = "planner.gave_up"
STOPPED_BY: Final = "planner.stopped_by"
ATTEMPT: Final = "planner.attempt"
ATTEMPTS: Final = "planner.attempts"
MODEL_CALLS: Final = "planner.model_calls"
COST_USD: Final = "planner.cost_usd"
EFFECT: Final = "planner.effect"
ENDED: Final = "planner.ended"
WHAT: Final = "planner.what"
ADDRESS: Final = "planner.resource.address"
ACTION: Final = "planner.resource.action"
PHASE: Final = "planner.resource.phase"
ELAPSED_S: Final = "planner.resource.elapsed_s"
OMITTED: Final = "planner.resources.omitted"
"""Events of resource instances that the span has no place for."""
SEVERITY: Final = "planner.diagnostic.severity"
SUMMARY: Final = "planner.diagnostic.summary"
CHECK_NAME: Final = "planner.check.name"
CHECK_KIND: Final = "planner.check.kind"
CHECK_PASSED: Final = "planner.check.passed"
CHECK_DETAIL: Final = "planner.check.detail"
SOURCE: Final = "planner.diagnosis.source"
CONFIDENCE: Final = "planner.diagnosis.confidence"
FINGERPRINT: Final = "planner.diagnosis.fingerprint"
REMEDIATION: Final = "planner.remediation.kind"
DECISION: Final = "planner.decision"
