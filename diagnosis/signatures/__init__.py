"""Known failures as data, one TOML file a family, and the matcher that reads them."""
