"""Checks what an apply left behind."""
