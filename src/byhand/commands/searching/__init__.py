"""`byhand sweep`, and the processes that do its work."""
