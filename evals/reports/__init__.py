"""Renderings of one `Table`: each says the same, and none of them computes a score."""
