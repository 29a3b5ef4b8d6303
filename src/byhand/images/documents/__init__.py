"""Files of several pages → pictures."""
