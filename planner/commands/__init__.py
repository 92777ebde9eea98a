"""One file a family of sub-commands; each is imported only when it is called."""
