"""Ink that hangs together, and which of it is printed."""
