"""Deterministic workers. None may import a model client, or anything that can."""
