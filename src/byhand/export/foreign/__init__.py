"""Fully connected networks of other tools → models."""
