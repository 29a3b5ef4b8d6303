"""What goes wrong in a user's hands: every such error is one message that says what to do."""


class ByhandError(Exception):
    """A failure the user can mend: its text names the file or value, what is wrong and what to do."""


class UsageError(ByhandError, ValueError):
    """An option or argument has a value that cannot be used."""
