"""What is known of the module and the run around one failure, beside the failure itself."""

from __future__ import annotations

from contracts.base import Contract
from contracts.text import CleanText


class ConfigBlock(Contract):
    """A piece of the module's configuration, cut out by its range."""

    file: CleanText
    """Relative to the module."""
    start_line: int
    """One-based."""
    code: CleanText


class ModuleFacts(Contract):
    """What the module's own files tell."""

    blocks: tuple[ConfigBlock, ...] = ()
    """The blocks the errors point at, in their order; then the variables and locals these use."""
    variables: tuple[CleanText, ...] = ()
    """Names of the module's input variables, sorted."""
    providers: tuple[CleanText, ...] = ()
    """Locked providers with their versions, such as `hashicorp/aws 6.2.0`, by name."""


class Context(Contract):
    """The rest of what a diagnosis may look at."""

    module: ModuleFacts = ModuleFacts()
    changes: tuple[CleanText, ...] = ()
    """What the failed attempt's plan was to do, such as `create aws_sqs_queue.q`, in Terraform's order."""
    attempts: tuple[CleanText, ...] = ()
    """The run's earlier attempts, oldest first: where each ended, and what was done about it."""
