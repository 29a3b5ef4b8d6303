"""Digits and signs as people of many countries write them, drawn by a pen of our own."""
