"""Trainings of pupils: one for each, in turns."""
