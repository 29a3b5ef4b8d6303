"""What people see on the command line: help at every width, one voice for every fault, near misses, completion."""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated, Literal

import click
import numpy as np
import pytest
from click.shell_completion import ShellComplete
from hypothesis import given
from hypothesis import strategies as st

import byhand
from byhand import machine
from byhand.commands import console
from byhand.commands.app import BYHAND, main
from byhand.commands.grammar import completing, helping
from byhand.commands.grammar.completing import WHERE
from byhand.commands.grammar.declared import Option, Value, spellings
from byhand.commands.grammar.parsing import Command
from byhand.commands.terminal import expanded
from byhand.errors import UsageError
from byhand.files import as_typed
from byhand.learning import recipe_files
from conftest import REPOSITORY, Run
from terminals import seen_on_a_terminal


def contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    assert isinstance(context.command, click.Group)
    for name, command in context.command.commands.items():
        yield from contexts(click.Context(command, context, name))


COMMANDS = [*contexts(click.Context(BYHAND, info_name="byhand"))]
# What comes from the libraries that byhand reads words with, or is a mark of the program and not of its user.
FOREIGN = re.compile(
    r"Input should|Invalid value|Value error|No such (option|command)|unexpected extra|Missing |does not take|requires "
    r"an|Error:|Try '|and exit|<\w+>|\[\[|ValidationError"
)


# Help


@pytest.mark.parametrize("columns", [30, 50, 60, 80, 120, 200])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.command_path)
def test_help_fits_and_breaks_no_word(command: click.Context, columns: int) -> None:
    page = helping.page(command, columns)
    words = page.split()
    whole = helping.page(command, 10_000).split()
    assert words == whole  # Nothing is cut, and nothing broken.
    longest = max(len(word) for word in words)
    assert all(len(line) <= max(columns, longest + 8, 46) for line in page.splitlines())
    assert not FOREIGN.search(page)
    assert re.search(r"^Options:\n(  .*\n)*  -h, --help\b", page, re.MULTILINE)
    assert page.isascii()  # click prints it, and not as other lines are printed where an output cannot show them all.
    for name in spellings(command):
        assert re.search(rf"^  .*{name}\b", page, re.MULTILINE | re.IGNORECASE)
    assert all(line == line.rstrip() for line in page.splitlines())


def test_help_is_as_wide_as_the_terminal() -> None:
    for columns in (50, 100):
        script = f"stty cols {columns}; exec {shlex.quote(sys.executable)} -m byhand data --help"
        environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        seen = seen_on_a_terminal("sh", "-c", script, environment=environment)
        lengths = [len(line) for line in seen.decode().splitlines()]
        assert columns - 15 < max(lengths) <= columns


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["-h"], "Usage: byhand COMMAND"),
        (["--help"], "Usage: byhand COMMAND"),
        (["--HELP"], "Usage: byhand COMMAND"),
        ([], "Usage: byhand COMMAND"),
        (["help"], "Usage: byhand COMMAND"),
        (["help", "train"], "Usage: byhand train"),
        (["help", "data", "convert"], "Usage: byhand data convert IN OUT"),
        (["--help", "train"], "Usage: byhand train"),
        (["train", "-h"], "Usage: byhand train"),
        (["train", "--nonsense", "--help"], "Usage: byhand train"),
        (["Export", "page", "-h"], "Usage: byhand export page FILE.html"),
        (["export"], "Usage: byhand export COMMAND"),
        (["train", "-?"], "Usage: byhand train"),
        (["/?"], "Usage: byhand COMMAND"),
        (["-help"], "Usage: byhand COMMAND"),
        (["-V"], "byhand 0"),
        (["--version"], "byhand 0"),
    ],
)
def test_ways_to_ask_for_help(call: Run, arguments: list[str], begins: str) -> None:
    done = call(*arguments)
    assert done.stdout.startswith(begins)
    assert not done.stderr


def test_help_needs_no_docstrings(run: Run) -> None:
    for arguments in (["--help"], ["train", "--help"]):
        command = [sys.executable, "-OO", "-m", "byhand", *arguments]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert said == run(*arguments).stdout


# Faults


def wrong(words: list[str]) -> str:
    """Return the one sentence that is said of words that cannot be used."""
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = main(words)
    said = errors.getvalue()
    assert code in (1, 2), f"{words}: {code}, {out.getvalue()}"
    assert said.startswith("byhand: ")
    assert said.count("\n") == 1
    assert not FOREIGN.search(said)
    assert "Traceback" not in said
    assert not out.getvalue()
    return said.removeprefix("byhand: ").rstrip()


NUMBERS = [
    (command, name)
    for command in COMMANDS
    for name, option in spellings(command).items()
    if option.metavar in ("NUMBER", "SHARE")
]


@pytest.mark.parametrize(("command", "option"), NUMBERS, ids=lambda one: one if isinstance(one, str) else one.info_name)
def test_what_is_no_number_is_told_in_one_voice(call: Run, command: click.Context, option: str) -> None:  # noqa: ARG001
    arguments = ["x.safetensors"] * 2 if command.info_name in ("compare", "convert") else []
    arguments = ["x.html"] if command.info_name == "page" else arguments
    for value in (
        "many",
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "-1",
        "١٢",
        "1e999",
        "9" * 5000,
        "0x10",
        "10%",
        "1,5",
        "½",
        "\x1b[31m",
    ):
        said = wrong([*command.command_path.split()[1:], *arguments, option, value])
        assert said.startswith(f"{option}: ")
        assert "cannot be used; it must be a" in said
        assert len(said) < 300


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train --learning-rate 0,1", "Write it with a point: 0.1."),
        ("train --epochs 0,1", "it must be a whole number of at least 1."),
        ("export c x.h --bits 8,6", "it must be a whole number of at least 2 and at most 8."),
        ("export c x.h --bits 1", "it must be a whole number of at least 2 and at most 8."),
        ("train --limit 10,000", "Write it without separators: 10000."),
        ('train --limit "10 000"', "Write it without separators: 10000."),
        ("train --warmup 10%", "A share is a number from 0 to 1: 10 % are 0.1."),
        ("train --limit ٣", "Write it in the digits 0 to 9."),
        ("train --epoch 3", "--epoch: byhand train has no such option. Did you mean --epochs?"),
        ("train -epochs 3", "-epochs: byhand train has no such option. Did you mean --epochs?"),
        ("train –epochs 3", "–epochs: byhand train has no such option. Did you mean --epochs?"),
        ("train —learning-rate=3", "Did you mean --learning-rate?"),
        ("train --learn 0.1", "Did you mean --learning-rate?"),
        ("train --lr 0.1", "Did you mean --learning-rate?"),
        ("train -e 3", "-e: byhand train has no such option. See byhand train --help."),
        ("train --optimizer adm", "Did you mean adam?"),
        ("train --activation leaky", "Did you mean leaky_relu?"),
        ("train --recipe smal", "Did you mean small?"),
        ("train --data minst", "Did you mean mnist?"),
        ("evaluate --data mnits", "Did you mean mnist?"),
        ("train small", "Did you mean --recipe small?"),
        ("train adam", "Did you mean --optimizer adam?"),
        ("train resume", "Did you mean --resume?"),
        ("train help", "Did you mean --help?"),
        ("data mnist", "Did you mean --data mnist?"),
        ("trian", "trian: byhand has no such command. Did you mean train?"),
        ("help trian", "Did you mean train?"),
        ("version", "Did you mean --version?"),
        ("export pag", "Did you mean page?"),
        ("data convrt a b", "Did you mean convert?"),
        ("drawing.png", "Did you mean byhand predict drawing.png?"),
        ("'a drawing.png'", "Did you mean byhand predict 'a drawing.png'?"),
        ("''", '"": byhand has no such command.'),
        ("predict -x.png", "-x.png: byhand predict has no such option. The file of this name is written ./-x.png."),
        ("train '--epochs 3'", "Did you mean --epochs?"),
        ("--epochs 3 train", "Write it after the command, such as byhand train --epochs."),
        ("data --data mnist convert a b", "convert: must stand at once after byhand data."),
        ("train --epochs", "--epochs: a value is missing; write --epochs NUMBER."),
        ("train --epochs --seed 3", "--epochs: a value is missing; write --epochs NUMBER."),
        ("train --out -- x", "--out: a value is missing; write --out PATH."),
        ("train --epochs = 3", "--epochs: leave out the blanks around =."),
        ("train epochs=3", "Did you mean --epochs?"),
        (
            "train --layers 300 100",
            "100: stands alone, without an option. Several numbers for one option are joined by",
        ),
        ("train --json=yes", "--json: takes no value; leave out =yes."),
        ("train --json --JSON=", "--json: takes no value; leave out =."),
        ("train -Epochs -e", "-Epochs: byhand train has no such option."),
        ("predict –show=x y", "–show: byhand predict has no such option. Did you mean --show?"),
        ("evaluate a b", "b: is one too many; write byhand evaluate [MODEL] [OPTIONS]."),
        ("predict", "IMAGE is missing; write byhand predict [MODEL] IMAGE... [OPTIONS]."),
        ("data convert mnist", "OUT is missing; write byhand data convert IN OUT [OPTIONS]."),
        ("export page ''", "FILE.html: it is empty; name a file or folder."),
        ("train --out ''", "--out: it is empty; name a file or folder."),
        ("serve --host ''", "--host: it is empty; give it a value, or leave the option out."),
        ("serve --port 65536", "65536 cannot be used; it must be a whole number of at least 0 and at most 65,535."),
        ("completion cmd", "SHELL: 'cmd' cannot be used; choose one of bash, zsh, fish, powershell."),
        ("train --layers 128,", '"128," is not a list of sizes.'),
        ("train --layers 128..64", '"128..64" is not a list of sizes.'),
    ],
)
def test_what_was_meant_is_said(call: Run, tmp_path: Path, words: str, said: str) -> None:  # noqa: ARG001
    for name in ("drawing.png", "a drawing.png", "-x.png"):
        (tmp_path / name).touch()
    assert said in wrong(shlex.split(words))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("train --nonsense", click.NoSuchOption),
        ("train -e", click.NoSuchOption),
        ("predict –show", click.NoSuchOption),
        ("train --json=1", click.BadOptionUsage),
        ("train --epochs", click.BadOptionUsage),
        ("train --out --json", click.BadOptionUsage),
        ("predict", click.MissingParameter),
        ("compare a", click.MissingParameter),
    ],
)
def test_no_sentence_of_clicks_is_told(words: str, kind: type[click.UsageError]) -> None:
    with pytest.raises(UsageError) as caught, BYHAND.make_context("byhand", words.split(), obj=str) as context:
        BYHAND.invoke(context)
    cause = caught.value.__cause__
    assert isinstance(cause, kind)
    assert cause.message.removesuffix(".") not in wrong(words.split()) or not cause.message


def test_an_error_of_clicks_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise click.BadArgumentUsage("click's own sentence")

    monkeypatch.setattr(click.Group, "parse_args", refuse)
    said = wrong(["recipes"])
    assert said == "these words are none that it takes; write byhand COMMAND [OPTIONS]. See byhand --help."


WORDS = st.sampled_from(
    [
        *"-= ",
        "--",
        "train",
        "data",
        "convert",
        "help",
        "-h",
        "--epochs",
        "--json",
        "--out=",
        "–x",
        "1e3",
        "\udcff",
        "\0",
        "x" * 9999,
    ]
)


@given(st.lists(WORDS | st.text(max_size=5), max_size=6))
def test_any_words_are_taken_or_told(words: list[str]) -> None:
    try:
        with redirect_stdout(io.StringIO()), BYHAND.make_context("byhand", words, obj=str) as context:
            BYHAND.invoke(context)
    except click.exceptions.Exit:  # Help was asked for.
        return
    except UsageError as error:
        said = console.error_line(error)
        assert said.strip()
        assert len(said) < 600
        assert not FOREIGN.search(said)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.command_path)
def test_no_option_is_taken_that_there_is_not(command: click.Context) -> None:
    words = command.command_path.split()[1:]
    for option in ("--nonsense", "--x=1", "-x", "--", "--\u202e"):
        if option != "--":
            assert wrong([*words, option]).split(":")[0] in (option.partition("=")[0], "--\\u202e")


@pytest.mark.parametrize(
    ("written", "chosen"),
    [
        ("--activation Relu", {"activation": "relu"}),
        ("--optimizer ADAM", {"optimizer": "adam"}),
        ("--activation leaky-relu", {"activation": "leaky_relu"}),
        ("--batch_size 5", {"batch_size": 5}),
        ("--Batch-Size=5", {"batch_size": 5}),
        ("--epochs 1e3", {"epochs": 1000}),
        ("--epochs 2.0", {"epochs": 2}),
        ("--limit 10_000", {"limit": 10_000}),
        ("--learning-rate .5", {"learning_rate": 0.5}),
        ("--learning-rate 1E-3", {"learning_rate": 0.001}),
        ("--layers 300-100", {"layers": (300, 100)}),
        ("--layers 300x100", {"layers": (300, 100)}),
        ("--layers '300, 100'", {"layers": (300, 100)}),
        ("--layers '[300, 100]'", {"layers": (300, 100)}),
        ("--layers '(300 100)'", {"layers": (300, 100)}),
        ("--layers None", {"layers": ()}),
        ("--epochs 3 --epochs 5", {"epochs": 5}),
        ("--seed 9223372036854775807", {"seed": 2**63 - 1}),
    ],
)
def test_what_is_clear_is_taken(
    monkeypatch: pytest.MonkeyPatch, call: Run, written: str, chosen: dict[str, object]
) -> None:
    taken: list[recipe_files.RecipeFile] = []

    def begin(content: recipe_files.RecipeFile, *_: object, **__: object) -> int:
        taken.append(content)
        return 0

    monkeypatch.setattr("byhand.commands.train._begin", begin)
    call("Train", *shlex.split(written))
    assert {name: getattr(taken[0].recipe, name) for name in chosen} == chosen


def test_an_option_that_may_be_there_several_times() -> None:
    def paint(*, colour: Annotated[list[Literal["red", "green"]] | None, Option(help="Of what.")] = None) -> int:
        seen.append(colour)
        return 0

    def painted(*words: str) -> object:
        with command.make_context("paint", [*words], obj=_silent) as context:
            command.invoke(context)()
        return seen.pop()

    seen: list[list[Literal["red", "green"]] | None] = []

    command = Command("paint", "Paint.", paint)
    assert painted() is None
    assert painted("--colour", "Red", "--colour=green") == ["red", "green"]
    with pytest.raises(UsageError, match="Did you mean green"):
        painted("--colour", "grean")
    assert "--colour NAME" in helping.page(click.Context(command, info_name="paint"), 80)


def _silent(message: str) -> None:
    raise AssertionError(message)


def test_an_option_that_is_there_twice_is_told(call: Run) -> None:
    assert call("recipes", "--json", "--json").stderr == ""
    told = call("data", "--data", "nowhere", "--white", 3, "--white", 255, code=1).stderr
    assert told.startswith("byhand: --white is there twice; the last one counts.\nbyhand: nowhere: ")


def test_what_counts_for_nothing_is_told(call: Run) -> None:
    begin = ("train", "--data", "nowhere", "--weight-decay", 0.1)
    told = "byhand: --weight-decay: sgd has none; it counts with --optimizer adamw alone.\n"
    assert call(*begin, code=1).stderr.startswith(told)
    assert "adamw" not in call(*begin, "--optimizer", "adamw", code=1).stderr


def test_whoever_judges_by_other_data_is_told_how_the_right_ones_are_named(call: Run, tmp_path: Path) -> None:
    theta, details = np.zeros(785 * 2, np.float32), {"data": {"name": "shoes"}}
    model = byhand.Model((784, 2), "relu", theta, ("shoe", "boot"), details=details)
    model.save(tmp_path / "m.safetensors")
    for command in (("evaluate", "m.safetensors"), ("compare", "m.safetensors", "m.safetensors")):
        told = call(*command, code=2).stderr
        assert told.endswith("Use the data it was trained for. It learned shoes: name them by --data.\n")


def test_names_are_known_in_any_case(call: Run, tmp_path: Path) -> None:
    assert "nothing to draw" in call("data", "--recipe", "SEED", "--distortions", "x.png", code=2).stderr
    kind = spellings(COMMANDS[1])["--data"].type
    assert isinstance(kind, Value)
    assert kind.read("MNIST") == kind.read("Mnist") == "mnist"
    (tmp_path / "MNIST").mkdir()  # Then the folder is meant.
    assert "MNIST: has none of the files" in call("data", "--data", "MNIST", code=1).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs = 3", "epochs must stand below a line [recipe]"),
        ("[recipe]\nepoch = 3", "epoch: no such choice. Did you mean epochs?"),
        ("[recipe]\nbatch-size = 3", "batch-size: no such choice. Did you mean batch_size?"),
        ("[recipe]\nlr = 3", "lr: no such choice. Did you mean learning_rate?"),
        ("[recipe]\nepochs = '3'", "Write it without quotes."),
        ("[recipe]\nlearning_rate = '.5'", "Write it without quotes."),
        ("[recipe]\nlearning_rate = '0,5'", "Write it with a point: 0.5."),
        ("[recipe]\nactivation = 'Relu'", "Did you mean relu?"),
        ("[recipe]\noptimizer = 3", "3 cannot be used; choose one of"),
        ("[recipes]\nepochs = 3", "recipes: no such key. Did you mean recipe?"),
        ("abuot = ''", "abuot: no such key. Did you mean about?"),
        ("white = '16'", "white = '16' cannot be used"),
        ("x = 1", "x: no such key. There are about, data, recipe"),
        ("[recipe]\nlearning_rate = 0,1", "is no sound recipe in TOML"),
    ],
)
def test_a_recipe_file_with_slips(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        recipe_files.read(file)
    assert str(caught.value).startswith(f"{file}: ")


def test_layers_in_a_file_may_be_written_as_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[recipe]\nlayers = '300-100'")
    assert recipe_files.read(file).recipe.layers == (300, 100)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("evaluate runs/mnsit-1", "Did you mean runs/mnist-1?"),
        ("evaluate ruins/mnist-1", "Did you mean runs/mnist-1?"),
        ("info MODEL.safetensors", "Did you mean model.safetensors?"),
        ("predict drawign.png", "Did you mean drawing.png?"),
        ("predict ./mdoel.safetensors drawing.png", "Did you mean model.safetensors?"),
        ("train --recipe min.toml", "Did you mean mine.toml?"),
        ("train --data dgits.npz", "Did you mean digits.npz?"),
        ("train --resume runs/mnist1", "Did you mean runs/mnist-1?"),
        ("plot runs/mnsit-1", "Did you mean runs/mnist-1?"),
        ("evaluate wholly/else", "there is no such file. `byhand train` makes one."),
    ],
)
def test_a_file_of_a_similar_name_is_named(call: Run, tmp_path: Path, words: str, said: str) -> None:  # noqa: ARG001
    (tmp_path / "runs" / "mnist-1").mkdir(parents=True)
    for name in ("runs/mnist-1/model.safetensors", "model.safetensors", "drawing.png", "mine.toml", "digits.npz"):
        (tmp_path / name).touch()
    assert said in wrong(shlex.split(words))


# Commands that are told to be copied


def test_a_path_in_a_command_can_be_pasted() -> None:
    for path in ("runs/mnist-1", "my runs/it's 1", "$HOME`x`"):
        said = subprocess.run(
            ["sh", "-c", f"printf %s {as_typed(Path(path))}"], capture_output=True, text=True, check=True
        )
        assert said.stdout == path


def test_patterns_that_a_shell_leaves_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.png", "c.txt"):
        (tmp_path / name).touch()
    assert expanded(["predict", "*.png", "*.gif", "[x"]) == ["predict", "a.png", "b.png", "*.gif", "[x"]


# Outputs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 50, 80])
def test_lines_break_between_words_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    written = {}
    for kind in (Terminal, io.StringIO):
        out, errors = kind(), kind()
        with redirect_stdout(out), redirect_stderr(errors):
            main(["recipes"])
            main(["train", "--optimizer", "adm"])
        written[kind] = out.getvalue(), errors.getvalue()
    for on_terminal, in_file in zip(written[Terminal], written[io.StringIO], strict=True):
        assert max(map(len, on_terminal.splitlines())) <= columns
        assert on_terminal.split() == in_file.split()
    assert max(map(len, written[io.StringIO][0].splitlines())) > 100
    assert written[io.StringIO][1].count("\n") == 1


def test_a_command_to_be_copied_stays_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for message in ("stopped; go on with byhand train --resume 'runs of mine/mnist-1'", "it is missing: pip install x"):
        with redirect_stderr(Terminal()) as errors:
            console.note(message)
        assert errors.getvalue() == f"byhand: {message}\n"


def test_an_output_of_few_characters_gets_what_looks_like_them(run: Run) -> None:
    assert " +/- " in run("recipes", env={**os.environ, "PYTHONIOENCODING": "ascii"}).stdout
    assert " ± " in run("recipes", env={**os.environ, "PYTHONIOENCODING": "cp1252"}, encoding="cp1252").stdout


def test_json_and_tables_keep_the_very_text(run: Run, tmp_path: Path, mnist: byhand.Dataset) -> None:
    import json

    from PIL import Image

    name = os.fsdecode("7-\xe9-ﬂ.png".encode() + b"\xff.png")
    Image.fromarray(mnist.test.images[0]).save(tmp_path / "a.png")
    os.rename(tmp_path / "a.png", tmp_path / name)  # noqa: PTH104
    said = run("predict", "--json", name, env={**os.environ, "PYTHONIOENCODING": "ascii"}).stdout
    assert json.loads(said)["image"] == name
    command = [sys.executable, "-m", "byhand", "predict", "--csv", name]
    done = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[1].startswith(os.fsencode(name) + b",7,")


def test_without_a_console(tmp_path: Path) -> None:
    script = (
        "import sys; sys.stdout = sys.stderr = None\nfrom byhand.commands.app import main\n"
        "asked = ['fly'], ['recipes', '--json'], ['--help'], ['info'], ['predict', 'x.png', '--csv']\n"
        "codes = [main(words) for words in asked]\n"
        "open('codes', 'w').write(str(codes))"
    )
    subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", sys.executable, "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "codes").read_text() == "[2, 0, 0, 0, 1]"


# Without sources


@pytest.fixture(scope="module")
def compiled_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with byhand as compiled modules alone."""
    import compileall

    home = tmp_path_factory.mktemp("compiled")
    shutil.copytree(REPOSITORY / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__"))
    assert compileall.compile_dir(home / "src", quiet=1, legacy=True, workers=1)
    for path in (home / "src").rglob("*.py"):
        path.unlink()
    return home


@pytest.mark.slow
def test_without_its_sources_it_trains_and_promises_nothing(compiled_only: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(compiled_only / "src")}
    command = [sys.executable, "-m", "byhand", "train", "--epochs", "1", "--limit", "100", "--layers", "8", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=compiled_only, env=environment)
    assert done.stderr == (
        "byhand: compiles the training loop for this machine; nothing can be kept in a byhand without its sources, so "
        "every run does.\n"
    )


def test_in_an_archive_it_says_that_its_files_are_missing(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "byhand"), "zip", REPOSITORY / "src")
    command = [sys.executable, "-m", "byhand", "recipes"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": archive,
            "COVERAGE_PROCESS_CONFIG": "",
        },  # It reads no archive.
    )
    assert done.returncode == 1
    assert "byhand's own files are missing. If it runs from an archive, unpack that" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_packed_program_runs_its_own_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "byhand.py").write_text("raise SystemExit('hostile code ran')")
    assert machine.own_command("byhand", "-V")[1:] == ["-P", "-m", "byhand", "-V"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    arguments = machine.own_command("byhand", "-V")[1:]
    script = f"import sys\nsys.frozen, sys.argv[1:] = True, {arguments}\nfrom byhand.__main__ import run\nrun()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.startswith("byhand 0")


# Completion


def completed(*words: str) -> list[str]:
    items = ShellComplete(BYHAND, {}, "byhand", completing.ASKED).get_completions([*words[:-1]], words[-1])
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in items]


def test_what_can_be_completed() -> None:
    assert completed("tr") == ["train"]
    assert completed("") == sorted(BYHAND.commands)
    assert completed("--v") == ["--version"]
    assert completed("train", "--op") == ["--optimizer"]
    assert completed("train", "--optimizer", "A") == ["adam", "adamw"]
    assert completed("train", "--optimizer=ad") == ["adam", "adamw"]
    assert completed("train", "--optimizer", "=") == ["sgd", "momentum", "nesterov", "adam", "adamw"]
    assert completed("train", "--recipe", "s") == ["seed", "small"]
    assert completed("evaluate", "--data", "") == ["mnist"]
    assert completed("data", "conv") == ["convert"]
    assert completed("help", "export", "p") == ["page"]
    assert completed("completion", "") == ["bash", "zsh", "fish", "powershell"]
    assert completed("predict", "x.png", "") == ["<file>"]
    assert completed("train", "--data", "./") == ["<file>"]
    assert completed("train", "--epochs", "") == []
    assert "--json" in completed("recipes", "")


def asked(shell: str, words: str, place: int) -> dict[str, str]:
    return {**os.environ, completing.ASKED: f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}


def test_completing_loads_no_arithmetic(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom byhand.commands.app import main\n"
        "assert main([]) == 0\n"
        "assert not {'numpy', 'rich'} & sys.modules.keys()"
    )
    environment = asked("bash", "byhand train --recipe s", 3)
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    assert said.stdout == "plain,seed\nplain,small\n"


def test_whoever_asks_in_a_wrong_way_gets_the_program(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in (
        {completing.ASKED: "bash_complete"},
        asked("csh", "byhand", 1),
        {**asked("zsh", "byhand", 1), "COMP_CWORD": "one"},
        {**asked("fish", "byhand", 1), "COMP_CWORD": " "},
    ):
        monkeypatch.setattr(os, "environ", {**os.environ, **environment})
        assert call("--version").stdout.startswith("byhand 0")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path, call: Run) -> None:
    (tmp_path / "byhand").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m byhand "$@"\n')
    (tmp_path / "byhand").chmod(0o755)
    script = call("completion", "bash").stdout + (
        '\nasked() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _byhand_completion "$1"; echo "${COMPREPLY[*]}"; }\n'
        f"complete -p byhand; b={shlex.quote(str(tmp_path / 'byhand'))}\n"
        "COMPREPLY=(); asked $b tra; COMPREPLY=(); asked $b train --sched; COMPREPLY=(); asked $b train --recipe perm\n"
        "COMPREPLY=(); asked $b train --optimizer = ada; COMPREPLY=(); compopt() { echo $*; }; asked $b predict ''"
    )
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "complete -o nosort -F _byhand_completion byhand",
        "train",
        "--schedule",
        "permutation-invariant",
        "adam adamw",
        "-o default",
        "",
    ]


def test_the_script_for_a_shell(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for shell, where in WHERE.items():
        script = call("completion", shell).stdout
        assert script.endswith(f"\n\n# {where}\n")
        assert completing.ASKED in script
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert "complete --no-files --command byhand" in call("completion").stdout
    monkeypatch.setenv("SHELL", "/bin/sh")
    error = call("completion", code=2).stderr
    assert error == "byhand: SHELL: which shell this is cannot be told; name one of bash, zsh, fish, powershell.\n"
