"""The commands that exchange networks with other tools."""
