"""One file a model provider; nothing here is imported before a run is DIAGNOSING."""
