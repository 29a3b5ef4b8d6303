"""Trainings for the page: in a process of their own, watched and commanded by the server."""
