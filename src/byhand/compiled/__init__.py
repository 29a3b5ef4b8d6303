"""The loops, each compiled and named as its readable twin."""
