"""The record of a run → the result people and programs see. Pure."""

from __future__ import annotations

from pydantic import JsonValue

from contracts.handover import Handover
from contracts.record import RunRecord
from contracts.result import RunResult, RunUsage, total
from contracts.run import RunState, StopKind

SUCCESS, OPERATOR, FAILED, PARKED, STOPPED, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_CODES = {
    SUCCESS: "SUCCESS",
    OPERATOR: "operator's error: bad configuration, no engine, the module is busy",
    FAILED: "FAILED, diagnosed",
    PARKED: "parked for approval",
    STOPPED: "stopped by the kill switch or the time limit",
    INTERRUPTED: "interrupted",
}


def exit_code_of(record: RunRecord) -> int:
    """What the process returns for a run that came so far."""
    match record.state:
        case RunState.SUCCESS:
            return SUCCESS
        case RunState.FAILED:
            if record.stop is StopKind.INTERRUPT:
                return INTERRUPTED
            return FAILED if record.stop is None else STOPPED
        case RunState.DIAGNOSING if record.parked:
            return PARKED
        case _:
            return OPERATOR  # cut off; only `planner show` sees it


def result_of(record: RunRecord) -> RunResult:
    """The result of a run that ended or parked."""
    usage = total(record.incidents)
    return RunResult(
        run_id=record.run_id,
        module=str(record.request.module),
        state=record.state,
        exit_code=exit_code_of(record),
        reason=record.reason,
        attempts=record.attempts,
        incidents=record.incidents,
        checks=record.checks,
        outputs={name: _shown(o.sensitive, o.value) for name, o in record.outputs.items()},
        usage=RunUsage(
            model_calls=record.model_calls,
            input_tokens=usage.input_tokens,
            cached_tokens=usage.cached_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=None if usage.cost_usd is None else float(usage.cost_usd),
        ),
        duration_s=round(record.duration_s, 3),
        terraform_s=round(record.terraform_s, 3),
        engine=record.engine,
        pending=record.pending if record.parked else None,
        undone=record.undone,
        handover=_handover(record),
    )


def _handover(record: RunRecord) -> Handover | None:
    if record.state is not RunState.FAILED:
        return None
    from planner.handover import handover_of  # noqa: PLC0415 - a clean run needs none

    return handover_of(record)


def _shown(sensitive: bool, value: JsonValue) -> JsonValue:  # noqa: FBT001 - the two fields of an output
    return "(sensitive)" if sensitive else value
