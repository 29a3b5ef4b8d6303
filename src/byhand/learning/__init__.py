"""A recipe and data → a model."""
