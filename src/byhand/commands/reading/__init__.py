"""The commands that read handwriting."""
