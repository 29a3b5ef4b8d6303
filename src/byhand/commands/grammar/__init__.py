"""What a user may type, and what it means: one reading, one help and one completion for all commands."""
