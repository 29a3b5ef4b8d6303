"""One command, several processes that work at it together."""
