"""The forms in which others keep labelled images → arrays."""
