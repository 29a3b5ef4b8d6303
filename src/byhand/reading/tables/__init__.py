"""Numbers → rows and columns."""
