"""Which images are learned next, and how they look then."""
