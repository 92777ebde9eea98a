"""Logs and metrics: listens and wraps; the domain never imports it."""
