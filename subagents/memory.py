"""How much memory this machine can still give away."""

from __future__ import annotations

from pathlib import Path


def spare_bytes() -> int:
    """What new processes can have without swapping; 0 where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return 0
