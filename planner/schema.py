"""The database's tables, as the statements that lead from each version to the next one."""

from __future__ import annotations

import sqlite3  # noqa: TID251 - to tell where a statement ends; the database is opened by planner.database
from collections.abc import Iterator

SCHEMA = (
    """
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, module TEXT NOT NULL, started_at TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE journal (
  run_id TEXT NOT NULL REFERENCES runs, seq INTEGER NOT NULL, line TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)) WITHOUT ROWID;
CREATE TABLE spending (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, reserved TEXT NOT NULL, settled TEXT);
CREATE TABLE cache (key TEXT PRIMARY KEY, value TEXT NOT NULL);
""",
    """
CREATE TABLE calls (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, module TEXT NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL,
  reserved INTEGER NOT NULL, settled INTEGER, tokens INTEGER NOT NULL);
CREATE INDEX calls_of_run ON calls (run_id);
CREATE INDEX calls_of_day ON calls (day, module);
INSERT INTO calls SELECT id, run_id, '', '', '', CAST(1e9 * reserved AS INTEGER) + 1,
  CAST(1e9 * settled AS INTEGER) + 1, 0 FROM spending;
DROP TABLE spending;
CREATE TABLE brakes (provider TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, run_id TEXT NOT NULL, attempt INTEGER NOT NULL,
  at TEXT NOT NULL, module TEXT NOT NULL, stage TEXT NOT NULL, outcome TEXT NOT NULL,
  incident TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX incidents_of_run ON incidents (run_id);
CREATE INDEX incidents_by_fingerprint ON incidents (fingerprint);
CREATE VIRTUAL TABLE incident_words USING fts5 (
  text, content='incidents', content_rowid='id', tokenize='porter unicode61');
CREATE TRIGGER incident_added AFTER INSERT ON incidents BEGIN
  INSERT INTO incident_words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER incident_gone AFTER DELETE ON incidents BEGIN
  INSERT INTO incident_words (incident_words, rowid, text) VALUES ('delete', old.id, old.text); END;
""",
    """
ALTER TABLE runs ADD COLUMN moved_at TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN asked_at TEXT;
UPDATE runs SET moved_at = started_at;
CREATE INDEX runs_unfinished ON runs (state, moved_at, asked_at) WHERE state NOT IN ('SUCCESS', 'FAILED');
CREATE INDEX incidents_by_time ON incidents (at, fingerprint);
ALTER TABLE calls ADD COLUMN input INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN cached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN output INTEGER NOT NULL DEFAULT 0;
CREATE TABLE totals (name TEXT NOT NULL, labels TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (name, labels)) WITHOUT ROWID;
INSERT INTO cache SELECT 'totals', 'stale' FROM runs LIMIT 1;
CREATE TABLE audit (seq INTEGER PRIMARY KEY, line TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'it only grows'); END;
CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'it only grows'); END;
""",
    """
ALTER TABLE incidents ADD COLUMN workspace TEXT NOT NULL DEFAULT '';
CREATE TABLE states (place TEXT PRIMARY KEY, mark TEXT NOT NULL DEFAULT '', held TEXT NOT NULL DEFAULT '[]',
  doubted TEXT NOT NULL DEFAULT '[]', begun TEXT NOT NULL DEFAULT '[]', begun_by TEXT NOT NULL DEFAULT ''
  ) WITHOUT ROWID;
CREATE INDEX states_under_way ON states (begun_by) WHERE begun_by != '';
""",
    """
ALTER TABLE runs ADD COLUMN driven INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET driven = place FROM (
  SELECT run_id AS id, row_number() OVER (ORDER BY moved_at, started_at) AS place FROM runs)
  WHERE run_id = id;
CREATE INDEX runs_by_drive ON runs (driven);
""",
)
"""The statements that lead from each version to the next one."""


def statements(script: str) -> Iterator[str]:
    """The statements of a script, whole: a trigger holds semicolons of its own."""
    pending = ""
    for part in script.split(";"):
        pending += part + ";"
        if pending.strip(" \n;") and sqlite3.complete_statement(pending):
            yield pending
            pending = ""
