"""Drives one Terraform or OpenTofu engine, one process an operation."""
