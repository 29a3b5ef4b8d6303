"""A process of a search: it takes trials from the folder and learns them. It is told what by its one argument, as JSON.

When its standard input ends, the command that began it is gone, and it goes as after a Ctrl-C: its trial is given back.
"""

import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from byhand.commands import console
from byhand.commands.terminal import INTERRUPTED, end, heeded_interrupts, leave_interrupts_unsaid
from byhand.errors import ByhandError


def main(order: dict[str, Any]) -> int:
    """Do the work; return the exit code."""
    from byhand.commands.searching.beginning import prepared
    from byhand.runs.sweeps.attempts import work
    from byhand.runs.sweeps.presence import present
    from byhand.runs.sweeps.study import WORKERS, Sweep

    alone = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(alone,), daemon=True).start()
    try:
        with heeded_interrupts() as heed:

            def go_on() -> None:
                """Raise `KeyboardInterrupt` if there is no command any more that waits for this process."""
                heed()
                if alone.is_set():
                    raise KeyboardInterrupt

            search = prepared(Path(order["file"]), order["facts"])
            sweep = Sweep(Path(order["folder"]), search.space, search.data, search.begins)
            with present(sweep.folder / WORKERS) as name:
                work(sweep, order["trials"], name, search.split, model=search.model, heed=go_on)
    except (ByhandError, OSError, MemoryError) as error:
        console.note(f"{error}" or "the memory does not suffice.")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _wait_for_the_end(alone: threading.Event) -> None:
    """Wait for the end of standard input."""
    with suppress(OSError):
        while os.read(0, 1):
            pass
    alone.set()


if __name__ == "__main__":
    leave_interrupts_unsaid()
    end(main(json.loads(sys.argv[1])))
