"""`python -m byhand` is the command `byhand`."""

import sys

from byhand.commands.app import main

sys.exit(main())
