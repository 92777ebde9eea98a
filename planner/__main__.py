"""`python -m planner`."""

from planner.cli import program

program()
