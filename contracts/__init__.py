"""Pure data and Protocols: what the packages above say to each other.

Imports the standard library and pydantic only; does nothing.
"""
