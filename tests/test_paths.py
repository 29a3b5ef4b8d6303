"""Paths on the command line: never an empty one, and a ~ is the home folder."""

from pathlib import Path

import pytest

from conftest import Run


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--out="),
        ("train", "--resume="),
        ("train", "--data="),
        ("train", "--recipe", ""),
        ("evaluate", "--figures="),
        ("evaluate", ""),
        ("compare", "", ""),
        ("ensemble", "--out=", "a", "b"),
        ("ensemble", "", ""),
        ("predict", "--show=", "x.png"),
        ("predict", ""),
        ("read", "--picture=", "x.png"),
        ("data", "--distortions="),
        ("serve", "--runs="),
        ("serve", ""),
        ("export", "page", ""),
        ("export", "page", "x.html", "--model="),
    ],
)
def test_an_empty_path_is_refused(call: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "it is empty; name a file or folder" in call(*words, code=2).stderr
    assert not list(tmp_path.iterdir())


def test_a_tilde_is_the_home_folder(
    call: Run, tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine.safetensors").write_bytes(model_file.read_bytes())
    monkeypatch.setenv("HOME", str(home))
    assert "parameters" in call("info", "~/mine.safetensors").stdout
    call("ensemble", "~/mine.safetensors", "~/mine.safetensors", "--out=~/two.safetensors")
    assert {path.name for path in home.iterdir()} == {"mine.safetensors", "two.safetensors"}
    error = call("train", "--out=~nobody-of-this-name/x", code=2).stderr
    assert "~nobody-of-this-name/x: there is no such home folder" in error
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", "1" + "0" * 400), "--epochs"),
        (("--seed", "9" * 40), "--seed"),
        (("--limit", "9" * 22), "--limit"),
        (("--layers", "9" * 22), "--layers"),
        (("--layers", ",".join(["5"] * 10_000)), "100 hidden layers"),
        (("--layers", "5000000,5000000"), "take 100,015.9 GB"),
        (("--scale", "nan"), "--scale"),
        (("--learning-rate", "1e308"), "--learning-rate"),
        (("--seeds", "1000000000"), "--seeds"),
        (("--validation", "9" * 15), "--validation"),
        (("--validation", "10", "--patience", "9" * 15), "--patience"),
    ],
)
def test_an_absurd_number_is_one_short_line(call: Run, words: tuple[str, ...], message: str) -> None:
    error = call("train", *words, code=1 if "GB" in message else 2).stderr
    assert message in error
    assert len(error) < 400
    assert error.count("\n") == 1


def test_a_path_keeps_its_form(call: Run, tmp_path: Path, small_folder: Path) -> None:
    """Else ./mnist would be the name mnist, and a file whose name begins with a ~ could not be named."""
    small_folder.rename(tmp_path / "mnist")
    for path in ("./mnist", "mnist/", str(tmp_path / "mnist")):
        assert "300" in call("data", "--data", path).stdout
    assert "60,000" in call("data", "--data", "mnist").stdout
    call("data", "--distortions", "~sheet.png")
    call("data", "--distortions", "./~1.png")
    assert {path.name for path in tmp_path.glob("~*")} == {"~sheet.png", "~1.png"}
