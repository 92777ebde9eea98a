"""Measures how well planner finds and mends what broke; imports everything, imported by nothing."""
