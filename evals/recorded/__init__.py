"""Failures of real engines and providers, made on purpose and recorded with what was made wrong."""
