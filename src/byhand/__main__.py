"""Where the command `byhand` starts: `python -m byhand` is the same."""

import os
import re
from typing import NoReturn

from byhand.commands.terminal import INTERRUPTED, end, open_streams


def run() -> NoReturn:
    """Run the command line as a process, and end it: Python ends as if nobody had caught a Ctrl-C within an import."""
    open_streams()
    for name in ("COLUMNS", "LINES", "TERMINAL_WIDTH"):  # Libraries take them for numbers, whatever they are.
        if not re.fullmatch("[1-9][0-9]{0,2}", os.environ.get(name, "1")):
            del os.environ[name]
    try:
        from byhand.commands.app import main  # Loading it takes long enough to be interrupted.

        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    end(code)


if __name__ == "__main__":
    run()
