"""Names what broke: evidence, redaction, signatures, and the only door to a model."""
