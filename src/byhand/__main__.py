"""`python -m byhand` is the command `byhand`."""

import sys

from byhand.cli import main

sys.exit(main())
