"""Digits and signs → numbers."""
