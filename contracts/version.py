"""planner's version: said here once, and read by the build."""

VERSION = "0.1.0"
