"""Attacks on byhand, made anew with a seed and a budget: `make attack`. What they find becomes a small test."""
