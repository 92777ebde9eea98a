"""The layers of `diagnosis.redact`: each finds secrets, none replaces them."""
