"""Where the command `byhand` starts: `python -m byhand` is the same."""

from typing import NoReturn

from byhand.commands.terminal import INTERRUPTED, end, open_streams


def run() -> NoReturn:
    """Run the command line as a process, and end it: Python ends as if nobody had caught a Ctrl-C within an import."""
    open_streams()
    try:
        from byhand.commands.app import main  # Loading it takes long enough to be interrupted.

        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    end(code)


if __name__ == "__main__":
    run()
