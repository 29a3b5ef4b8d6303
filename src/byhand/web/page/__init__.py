"""The files of the page, and the page in one file."""
