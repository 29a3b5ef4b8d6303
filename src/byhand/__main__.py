"""Where the command `byhand` starts: `python -m byhand` is the same."""

import os
import re
import sys
from typing import NoReturn

from byhand.commands.terminal import INTERRUPTED, end, leave_interrupts_unsaid, open_streams


def _run_as_python() -> None:
    """Do what Python itself does elsewhere: where byhand is packed into one program, its processes are that program."""
    from multiprocessing import freeze_support

    freeze_support()
    if sys.argv[1:2] == ["-m"]:  # from `machine.own_command`
        from runpy import run_module

        module, *sys.argv[1:] = sys.argv[2:]
        run_module(module, run_name="__main__", alter_sys=True)
        sys.exit()


def run() -> NoReturn:
    """Run the command line as a process, and end it: Python ends as if nobody had caught a Ctrl-C within an import."""
    open_streams()
    leave_interrupts_unsaid()
    if getattr(sys, "frozen", False):
        _run_as_python()
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
