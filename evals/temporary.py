"""Where temporary folders lie: what two equal runs tell differently of them is chance.

Leaves to others which of what stands below them is told.
"""

from __future__ import annotations

import re
import tempfile

_FOLDERS = r"(?:/private)?/(?:tmp|var/tmp|dev/shm|var/folders/\w+/\w+/T)"
_IN_MEMORY = r"(?:/planner-\w{6})?"  # tests/in_memory.sh keeps them in a folder of its own
TEMPORARY = rf"(?:{_FOLDERS}|{re.escape(tempfile.gettempdir())}){_IN_MEMORY}"
"""A pattern: the folder that they are made in, on any machine that a log or a cassette may come from."""
