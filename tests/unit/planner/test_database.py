"""The database by itself: what it is to everybody who opens it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Timer

from planner.database import Database


def test_who_opens_a_file_while_somebody_else_creates_it_waits_for_them(tmp_path: Path) -> None:
    path = tmp_path / "planner.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # as an opening holds it for a moment: SQLite itself would not wait here
    done = Timer(0.3, lambda: other.execute("COMMIT"))
    done.start()
    database = Database(path)
    database.remember("key", "value")
    assert database.remembered("key") == "value"
    database.close()
    done.join()
    other.close()
