"""A search over recipes: which there are, who learns them, and what came of each."""
