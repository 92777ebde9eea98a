"""What the journals tell, for people: one run, or all runs of a window."""
