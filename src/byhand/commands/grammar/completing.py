"""What a shell may complete, and what tells a shell to ask for it.

A shell runs `byhand complete PLACE WORDS…`: the words after byhand, of which the one at PLACE is being typed; it prints
a candidate a line, what it is after a tab. Where there is none, the shell completes names of files.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from byhand.commands.grammar.declared import Argument, Command, Option, Parameter
from byhand.commands.grammar.parsing import HELP, option_of
from byhand.errors import UsageError, folded

Shell = Literal["bash", "zsh", "fish", "powershell"]

SCRIPTS: dict[Shell, str] = {
    "bash": r"""# Completion of byhand in bash. Put this into ~/.bashrc:  eval "$(byhand completion bash)"
_byhand() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
    done < <("$1" complete $((COMP_CWORD - 1)) "${COMP_WORDS[@]:1}" 2>/dev/null)
}
complete -o default -F _byhand byhand""",
    "zsh": r"""# Completion of byhand in zsh. Put this into ~/.zshrc, after compinit:  eval "$(byhand completion zsh)"
_byhand() {
    local line
    local -a found shown
    for line in "${(@f)$("$words[1]" complete $((CURRENT - 2)) "${(@)words[2,-1]}" 2>/dev/null)}"; do
        [[ -n $line ]] && found+=("${line%%$'\t'*}") && shown+=("${line/$'\t'/  -- }")
    done
    if (( $#found )); then compadd -l -d shown -a found; else _files; fi
}
compdef _byhand byhand""",
    "fish": r"""# Completion of byhand in fish. Put this into ~/.config/fish/completions/byhand.fish:
# byhand completion fish > ~/.config/fish/completions/byhand.fish
function __byhand
    set -l words (commandline -opc)
    set -l place (math (count $words) - 1)
    set -l found ($words[1] complete $place $words[2..] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c byhand -f -a '(__byhand)'""",
    "powershell": r"""# Completion of byhand in PowerShell. Put this into the file that $PROFILE names:
# byhand completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName byhand -ScriptBlock {
    param($word, $tree, $position)
    $words = @($tree.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    $place = $words.Count - [int]($word -ne '')
    & byhand complete $place @words 2>$null | ForEach-Object {
        $found, $about = $_ -split "`t", 2
        $shown = if ($about) { $about } else { $found }
        [System.Management.Automation.CompletionResult]::new($found, $found, 'ParameterValue', $shown)
    }
}""",
}


def lines(root: Command, asked: Sequence[str]) -> list[str]:
    """Return what is printed for a place and the words."""
    place, words = int(asked[0]), [*asked[1:]]
    typed = words[place] if place < len(words) else ""
    return ["\t".join(filter(None, found)) for found in candidates(root, words[:place], typed)]


def candidates(root: Command, before: Sequence[str], typed: str) -> Iterator[tuple[str, str]]:
    """Yield what a word that has been begun may become, and what each is."""
    command, rest = root, [word for word in before if word != "="]  # bash takes the = of an option for a word
    typed = "" if typed == "=" else typed
    if rest[:1] == ["help"]:
        rest.pop(0)
    while rest and (below := [one for one in command.below if one.word == folded(rest[0])]):
        command, rest = below[0], rest[1:]
    name, equals, begun = typed.partition("=")
    if equals and (option := _valued(command, name)):
        yield from ((f"{name}={word}", about) for word, about in _matching(_values(option), begun))
    elif rest and (option := _valued(command, rest[-1])):
        yield from _matching(_values(option), typed)
    elif typed.startswith("-"):
        yield from _matching(_options(command), typed)
    else:
        below = [] if rest else [*command.below]
        yield from _matching(((one.word, one.about) for one in below), typed)
        for argument in command.arguments[len(rest) :][:1]:
            yield from _matching(_values(argument), typed)
        if not (typed or command.below or command.arguments):
            yield from _options(command)


def _valued(command: Command, name: str) -> Parameter | None:
    """Return the option of a name, if it takes a value."""
    try:
        option, _ = option_of(command, name)
    except UsageError:
        return None
    return None if option.is_flag else option


def _options(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the options of a command."""
    for option in command.options:
        yield from ((name, option.said.help) for name in option.spellings if name.startswith("--"))
    yield HELP[0], ""


def _values(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Yield the words that a parameter may be."""
    assert isinstance(parameter.said, Option | Argument)
    yield from ((word, "") for word in (*parameter.choices, *parameter.said.words()))


def _matching(found: Iterable[tuple[str, str]], begun: str) -> Iterator[tuple[str, str]]:
    """Yield those that begin as a word does."""
    return ((word, about) for word, about in found if folded(word).startswith(folded(begun)))
