"""Data that stay on disk, and data that go there."""
