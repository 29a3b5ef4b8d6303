"""`byhand completion`: what lets a shell complete commands, options and their values."""

import os
from pathlib import PurePath
from typing import Annotated

from byhand.commands import console
from byhand.commands.grammar.completing import WHERE, Shell, script
from byhand.commands.grammar.declared import Argument
from byhand.errors import UsageError


def completion(
    shell: Annotated[Shell | None, Argument("[SHELL]", help="bash, zsh, fish or powershell (default: yours).")] = None,
) -> int:
    """Run `byhand completion`."""
    name = PurePath(os.environ.get("SHELL", "powershell" if os.name == "nt" else "")).stem
    chosen = shell or next((known for known in WHERE if known == name), None)
    if chosen is None:
        raise UsageError(f"SHELL: which shell this is cannot be told; name one of {', '.join(WHERE)}.")
    console.say(script(chosen), as_it_is=True)
    return 0
