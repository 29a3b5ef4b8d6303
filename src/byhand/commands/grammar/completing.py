"""What a shell may complete: click answers it, whichever shell asks."""

import os
from typing import Literal

import click
from click.shell_completion import BashComplete, ShellComplete, add_completion_class, get_completion_class

Shell = Literal["bash", "zsh", "fish", "powershell"]
ASKED = "_BYHAND_COMPLETE"  # what a shell sets where it asks

WHERE: dict[Shell, str] = {
    "bash": 'Put this into ~/.bashrc: eval "$(byhand completion bash)"',
    "zsh": 'Put this into ~/.zshrc, after compinit: eval "$(byhand completion zsh)"',
    "fish": "Write this into a file: byhand completion fish > ~/.config/fish/completions/byhand.fish",
    "powershell": "Put this into $PROFILE: byhand completion powershell | Out-String | Invoke-Expression",
}


@add_completion_class
class Bash(BashComplete):
    """bash, of whatever version, which takes the = of an option for a word."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that one."""
        words, typed = super().get_completion_args()
        return [word for word in words if word != "="], typed


def script(shell: Shell) -> str:
    """Return what lets a shell ask what may be completed."""
    source = ShellComplete.source(_speaker(shell, click.Group()))  # not bash's own, which asks which version there is
    return f"{source.rstrip()}\n\n# {WHERE[shell]}"


def answer(root: click.Group) -> str | None:
    """Return what is told to the shell that asks by the environment; None if none does."""
    shell, _, asked = os.environ.get(ASKED, "").partition("_")
    try:
        return _speaker(shell, root).complete() if asked == "complete" and shell in WHERE else None
    except (LookupError, ValueError):  # No shell asks like that.
        return None


def _speaker(shell: str, root: click.Group) -> ShellComplete:
    """Return what speaks with a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(root, {}, "byhand", ASKED)
