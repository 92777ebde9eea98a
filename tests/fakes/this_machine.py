"""What real tests find on this machine: an engine, a provider mirror. No fake, but a fake's neighbour.

What is missing skips a test, and fails it where CI is set: there everything has to be there.
"""

from __future__ import annotations

import glob
import os
import shutil
from itertools import chain
from pathlib import Path

import pytest


def need(found: str | None, what: str) -> str:
    """What was found; where nothing was, this test is skipped, or failed where CI is set."""
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set")
    pytest.skip(f"{what} is missing")


def engine() -> str:
    named = os.environ.get("PLANNER_TERRAFORM")
    return need(named or shutil.which("terraform") or shutil.which("tofu"), "terraform or tofu")


def aws_mirror() -> Path:
    """A folder with an unpacked AWS provider: TF_PLUGIN_MIRROR, a usual place, or just below the root."""
    likely = [os.environ.get("TF_PLUGIN_MIRROR"), "~/.terraform.d/plugins"]
    likely += ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"]
    tops = [top for top in Path("/").iterdir() if top.name not in {"proc", "sys", "dev"}]
    below = [f"{Path(place).expanduser()}/*/hashicorp/aws" for place in likely if place]
    below += [f"{top}/*/*/hashicorp/aws" for top in tops]
    # Not `Path.glob`: it fails where a folder goes away while it looks, as those of other tests do.
    hit = next(chain.from_iterable(map(glob.iglob, below)), None)
    return Path(need(str(Path(hit).parents[2]) if hit else None, "a mirror with the AWS provider"))
