"""Bytes on disk → arrays."""
