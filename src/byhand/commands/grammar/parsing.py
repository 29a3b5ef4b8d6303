"""What was typed → a command and its values, or one sentence that says what was meant perhaps."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from byhand.commands.grammar.declared import Command, Option, Parameter
from byhand.errors import UsageError, did_you_mean, folded
from byhand.files import as_typed, kind_of
from byhand.learning.recipe import shortened

HELP = ("--help", "-h")
_HELP_ELSEWHERE = ("-help", "-?", "/?")  # as other programs have it
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"  # what word processors make of two hyphens
_NEGATIVE = re.compile(r"-[0-9.]")


def find(root: Command, words: Sequence[str]) -> tuple[Command, list[str]]:
    """Return the command that words begin with, and the words after it.

    Raises
    ------
    UsageError
        If there is no such command.
    """
    command, rest = root, list(words)
    while command.below and rest and not (_is_option(rest[0]) or rest[0] in _HELP_ELSEWHERE):
        word = folded(rest[0])
        below = next((one for one in command.below if folded(one.word) == word), None)
        if below is None:
            raise UsageError(_no_command(command, rest))
        command, rest = below, rest[1:]
    return command, rest


def asks_for_help(words: Sequence[str]) -> bool:
    """Tell whether one of the words is --help or -h."""
    options = words[: words.index("--")] if "--" in words else words
    return any(folded(word) in (*HELP, *_HELP_ELSEWHERE) for word in options)


def values_of(command: Command, words: Sequence[str], tell: Callable[[str], None]) -> dict[str, object]:
    """Return the value of each parameter of a command, and tell what else is to be said of the words.

    Raises
    ------
    UsageError
        If the words are none that it takes.
    """
    found: dict[str, object] = {}
    placed: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            placed += rest
            break
        if not _is_option(word):
            placed.append(word)
            continue
        name, equals, text = word.partition("=")
        parameter, yes = option_of(command, name)
        value = _value(command, parameter, yes, text if equals else None, rest)
        if parameter.many:
            value = [*cast("list[object]", found.get(parameter.name, [])), value]
        elif found.get(parameter.name, value) != value:
            tell(f"{name} is there twice; the last one counts.")
        found[parameter.name] = value
    found |= _arguments(command, placed)
    return {one.name: found.get(one.name, one.default) for one in command.parameters}


def _is_option(word: str) -> bool:
    """Tell whether a word is meant as an option; a minus alone is standard input."""
    if word[:1] in _DASHES:
        return bool(word[:1]) and kind_of(Path(word)) == "nothing"
    return len(word) > 1 and word[0] == "-" and not _NEGATIVE.match(word)


def option_of(command: Command, name: str) -> tuple[Parameter, bool]:
    """Return the option of a name, and what the name says of a flag.

    Raises
    ------
    UsageError
        If there is no such option.
    """
    spellings = {name: (one, yes) for one in command.options for name, yes in one.spellings.items()}
    if name in spellings:
        return spellings[name]
    long = {folded(known): said for known, said in spellings.items() if known.startswith("--")}
    if name.startswith("--") and folded(name) in long:
        return long[folded(name)]
    raise UsageError(
        f"{_shown(name)}: {command.name} has no such option."
        + (_owner(command, name) or _file(name) or did_you_mean(name.lstrip(_DASHES), _long(command)))
        + _see(command)
    )


def _owner(command: Command, name: str) -> str:
    """Say how an option is written that belongs to a command below; nothing if it belongs to none."""
    for below in command.below:
        if any(folded(known) == folded(name) for option in below.options for known in option.spellings):
            return f" Write it after the command, such as {below.name} {name}."
    return ""


def _file(name: str) -> str:
    """Say how a file is written whose name begins as an option; nothing if there is none."""
    return f" The file of this name is written {as_typed(Path(name))}." if kind_of(Path(name)) != "nothing" else ""


def _shown(word: str) -> str:
    """Return a word as it can be told: not too long, and not nothing."""
    return shortened(word) or '""'


def _value(command: Command, parameter: Parameter, yes: bool, text: str | None, rest: list[str]) -> object:
    """Return the value of an option: what stands after its = or the next word, which is taken."""
    option = _long_name(parameter)
    if parameter.is_flag:
        if text is not None:
            raise UsageError(f"{option}: takes no value; leave out ={_shown(text)}.")
        return yes
    if text is None:
        known = {folded(name) for one in command.options for name in one.spellings}
        if not rest or rest[0] == "--" or folded(rest[0].partition("=")[0]) in known:
            raise UsageError(f"{option}: a value is missing; write {option} {parameter.metavar}.{_see(command)}")
        text = rest.pop(0)
        if text.startswith("="):
            raise UsageError(f"{option}: leave out the blanks around =.")
    try:
        return parameter.read(text)
    except UsageError as error:
        if error.fields:
            raise
        raise UsageError(error.text, parameter.field) from error


def _long_name(option: Parameter) -> str:
    """Return the name of an option as it is told."""
    return f"--{option.field.replace('_', '-')}"


def _arguments(command: Command, placed: list[str]) -> dict[str, object]:
    """Return the value of each argument that there is."""
    found: dict[str, object] = {}
    for parameter in command.arguments:
        taken = placed if parameter.many else placed[:1]
        placed = placed[len(taken) :]
        if not taken and parameter.required:
            missing = parameter.metavar.split()[-1].removesuffix("...")
            raise UsageError(f"{missing} is missing; write {usage(command)}.{_see(command)}")
        try:
            read = [parameter.read(text) for text in taken]
        except UsageError as error:
            raise UsageError(f"{parameter.metavar}: {error.text}") from error
        if read:
            found[parameter.name] = read if parameter.many else read[0]
    if placed:
        raise UsageError(f"{_shown(placed[0])}: {_too_many(command, placed[0])}{_see(command)}")
    return found


def _too_many(command: Command, word: str) -> str:
    """Say that there is no place for a word, and what may have been meant."""
    if any(folded(one.word) == folded(word) for one in command.below):
        return f"must stand at once after {command.name}."
    meant = _option_for(command, word) or did_you_mean(word, _long(command))
    if word.isdecimal():
        meant = " Several numbers for one option are joined by commas, such as 300,100."
    told = f"is one too many; write {usage(command)}." if command.arguments else "stands alone, without an option."
    return told + meant


def _no_command(command: Command, words: Sequence[str]) -> str:
    """Say that there is no such command, and what may have been meant."""
    word, names = words[0], [one.word for one in command.below]
    meant = _option_for(command, word) or did_you_mean(word, [*names, *_long(command)])
    if not meant and "predict" in names and kind_of(Path(word)) == "file":
        meant = f" Did you mean {command.name} predict {as_typed(Path(word))}?"
    meant = meant or f" There {'are' if len(names) > 1 else 'is'} {', '.join(names)}."
    return f"{_shown(word)}: {command.name} has no such command.{meant}{_see(command)}"


def _option_for(command: Command, word: str) -> str:
    """Return the question whether a word was meant as the value of an option that may be it; nothing if none may."""
    for option in command.options:
        assert isinstance(option.said, Option)
        for known in (*option.choices, *option.said.words()):
            if folded(known) == folded(word):
                return f" Did you mean {_long_name(option)} {known}?"
    return ""


def _long(command: Command) -> list[str]:
    """Return the long names of a command's options."""
    return [*(name for one in command.options for name in one.spellings if name.startswith("--")), HELP[0]]


def usage(command: Command) -> str:
    """Return how a command is written."""
    arguments = [parameter.metavar for parameter in command.arguments]
    below = ["[COMMAND]" if command.parameters and command.word != "byhand" else "COMMAND"] if command.below else []
    return " ".join([command.name, *below, *arguments, "[OPTIONS]"])


def _see(command: Command) -> str:
    """Return where to read more."""
    return f" See {command.name} --help."
