"""The page's pad in a notebook."""
