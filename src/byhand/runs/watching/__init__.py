"""Tells a training to the tools that people watch trainings with."""
