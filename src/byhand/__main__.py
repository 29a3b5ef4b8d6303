"""`python -m byhand` is the command `byhand`."""

from byhand.commands.app import run

run()
