"""Numbers and images → what a notebook shows."""
