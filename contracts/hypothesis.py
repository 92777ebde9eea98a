"""One proposed cause of a failure, and what would mend it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from contracts.base import Contract
from contracts.remediation import Remediation
from contracts.text import CleanText


class Category(StrEnum):
    """What kind of thing broke: a closed vocabulary."""

    AUTH = "auth"
    PERMISSION = "permission"
    QUOTA = "quota"
    THROTTLING = "throttling"
    NETWORK = "network"
    TIMEOUT = "timeout"
    STATE_LOCK = "state_lock"
    STATE_CORRUPT = "state_corrupt"
    STATE_DRIFT = "state_drift"
    ALREADY_EXISTS = "already_exists"
    NOT_FOUND = "not_found"
    DEPENDENCY_VIOLATION = "dependency_violation"
    INVALID_CONFIG_SYNTAX = "invalid_config_syntax"
    INVALID_REFERENCE = "invalid_reference"
    INVALID_ARGUMENT = "invalid_argument"
    TYPE_MISMATCH = "type_mismatch"
    MISSING_VARIABLE = "missing_variable"
    VERSION_CONSTRAINT = "version_constraint"
    PROVIDER_INSTALL = "provider_install"
    LOCKFILE_CHECKSUM = "lockfile_checksum"
    BACKEND_CONFIG = "backend_config"
    MODULE_SOURCE = "module_source"
    CYCLE = "cycle"
    COUNT_FOR_EACH_UNKNOWN = "count_for_each_unknown"
    PROVIDER_BUG = "provider_bug"
    API_VALIDATION = "api_validation"
    CAPACITY = "capacity"
    CONFLICT_CONCURRENT_MODIFICATION = "conflict_concurrent_modification"
    EVENTUAL_CONSISTENCY = "eventual_consistency"
    RESOURCE_IN_USE = "resource_in_use"
    UNSUPPORTED_BY_PLATFORM = "unsupported_by_platform"
    VALIDATION_CHECK_FAILED = "validation_check_failed"
    OTHER = "other"


class Source(StrEnum):
    """Who named the cause; the first two cost nothing."""

    SIGNATURE = "signature"
    MEMORY = "memory"
    MODEL = "model"


class Hypothesis(Contract, defer_build=False):
    """One proposed cause, with the evidence it cites and a remediation of the closed set."""

    category: Category
    retryable: bool
    """Whether the same attempt, unchanged, may succeed later."""
    root_cause: CleanText
    """Two sentences at most: what really broke, naming the things concerned."""
    evidence: tuple[CleanText, ...] = ()
    """Quotes that occur word for word in the failure's own text."""
    confidence: float = Field(ge=0, le=1)
    """Between 0 and 1: how sure the source is of the root cause."""
    remediation: Remediation
