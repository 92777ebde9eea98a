"""Turns a typed remediation into what would change; one file a kind or family."""
