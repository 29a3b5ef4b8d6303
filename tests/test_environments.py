"""Strange surroundings: hostile folders, closed streams, no home, full disks. The real command, as it is installed."""

import contextlib
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.commands.app import main
from byhand.judging import canvas, curves
from byhand.judging.curves import Course
from conftest import Run

COMMAND = str(Path(sys.executable).with_name("byhand"))  # as installed: with `python -m` Python itself looks around
SMALL = ("train", "--epochs", "1", "--limit", "300", "--layers", "8")
LIBRARIES = (
    *("array_api_compat", "byhand", "coverage", "cuda", "fastapi", "filelock", "httptools", "llvmlite", "matplotlib"),
    *("numba", "numpy", "PIL", "pillow_heif", "pydantic", "rich", "safetensors", "scipy", "skimage", "starlette"),
    *("tomli_w", "uvicorn", "uvloop", "yaml", "sitecustomize", "usercustomize"),
)
HOSTILE = "open({canary!r}, 'w').close()\nraise SystemExit('hostile code ran')\n"
Started = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def started(tmp_path: Path, compiled: None) -> Started:  # noqa: ARG001
    """Run the installed command in an empty folder, as a user would, with other surroundings."""

    def started(
        *arguments: object,
        code: int = 0,
        script: str = 'exec "$@"',
        env: Mapping[str, str | None] = {},
        **options: object,
    ) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in {**os.environ, **env}.items() if value is not None}
        options = {"cwd": tmp_path, "capture_output": True, **options}
        command = ["sh", "-c", script, "sh", COMMAND, *map(str, arguments)]
        done = subprocess.run(command, text=True, timeout=120, env=environment, **options)  # type: ignore[call-overload]
        told = f"{arguments}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, told
        assert "Traceback" not in (done.stderr or ""), told
        return done  # type: ignore[no-any-return]

    return started


def one() -> Image.Image:
    """Return a drawing of a 1."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:16] = 255
    return Image.fromarray(pixels)


def without_privileges() -> None:
    """Give up what lets root read and write everything."""
    if os.geteuid() == 0:
        import ctypes

        for capability in range(41):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def limited(kind: int, most: int) -> Callable[[], None]:
    """Return what sets a limit of the operating system in a process about to start."""
    return lambda: resource.setrlimit(kind, (most, most))


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Fill the current folder with what Python and its libraries might take from there; return what code would make."""
    canary = tmp_path / "canary"
    for name in {*sys.stdlib_module_names, *LIBRARIES}:
        (tmp_path / f"{name}.py").write_text(HOSTILE.format(canary=str(canary)))
    (tmp_path / ".numba_config.yaml").write_text(f"cache_dir: {tmp_path}/cache\ndisable_jit: [\n")
    (tmp_path / "matplotlibrc").write_bytes(b"text.usetex: True\nbackend: module://canary\n\xff\xfe")
    return canary


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "pictures"),
        pytest.param((*SMALL, "--seeds", "2"), marks=pytest.mark.slow),
        pytest.param(SMALL, marks=pytest.mark.slow),
        pytest.param((*SMALL, "--optimizer", "adam", "--rotation", "9"), marks=pytest.mark.slow),
        pytest.param(("predict", "pictures/7.png", "--show", "shown.png"), marks=pytest.mark.slow),
        pytest.param(("read", "pictures/7.png", "--picture", "page.png"), marks=pytest.mark.slow),
        pytest.param(("evaluate", "--figures", "figures"), marks=pytest.mark.slow),
        pytest.param(("compare", byhand.model.SHIPPED, byhand.model.SHIPPED), marks=pytest.mark.slow),
        pytest.param(("ensemble", byhand.model.SHIPPED, byhand.model.SHIPPED), marks=pytest.mark.slow),
        pytest.param(("data", "--distortions", "sheet.png"), marks=pytest.mark.slow),
        pytest.param(("export", "page", "page.html"), marks=pytest.mark.slow),
        pytest.param(("info",), marks=pytest.mark.slow),
        pytest.param(("recipes",), marks=pytest.mark.slow),
    ],
)
def test_no_code_of_the_current_folder_runs(
    arguments: tuple[object, ...], hostile: Path, started: Started, tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(65):  # so many that other processes help
        one().save(tmp_path / "pictures" / f"{number}.png")
    assert started(*arguments).stderr in ("", "byhand: pictures are in figures.\n")
    assert not hostile.exists()
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_no_code_of_the_current_folder_runs_in_a_server_or_in_what_works_for_it(
    hostile: Path,
    tmp_path: Path,
    compiled: None,  # noqa: ARG001
) -> None:
    pixels = np.zeros((80, 200), np.uint8)
    pixels[20:60, 40:46] = pixels[20:60, 140:146] = 255
    picture = io.BytesIO()
    Image.fromarray(255 - pixels).save(picture, "PNG")
    pipe = subprocess.PIPE
    command = [COMMAND, "serve", "--port", "0"]
    serving = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, start_new_session=True)
    try:
        assert serving.stdout is not None
        found = re.search(r"http://[^\s/]+", serving.stdout.readline())
        assert found, serving.communicate()
        with httpx.Client(base_url=found[0], timeout=60) as client:
            assert client.post("/api/read", content=picture.getvalue()).raise_for_status().json()["text"] == "1 1"
            theta = byhand.Model.load().theta.tobytes()
            assert client.post("/api/accuracy", content=theta).raise_for_status().json()["accuracy"] > 0.9
            settings = {"layers": [8], "epochs": 1, "limit": 1000, "validation": 100, "optimizer": "adam"}
            client.post("/api/training", json=settings).raise_for_status()
            until = time.monotonic() + 60
            while (state := client.get("/api/training").json()["state"]) != "finished" and time.monotonic() < until:
                time.sleep(0.1)
            assert state == "finished"
    finally:
        serving.send_signal(signal.SIGINT)
        said = serving.communicate(timeout=60)[1]
    assert "Traceback" not in said
    assert not hostile.exists()
    assert not (tmp_path / "cache").exists()


def test_numba_s_settings_are_not_read_when_a_loop_is_compiled(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    compiled: None,  # noqa: ARG001
) -> None:
    from byhand.compiled.compiling import compiled as compile_loop

    (tmp_path / ".numba_config.yaml").write_text("[")
    monkeypatch.chdir(tmp_path)

    def twice(number: int) -> int:
        return 2 * number

    assert compile_loop(twice)(21) == 42


def test_pictures_are_drawn_as_byhand_draws_them(tmp_path: Path) -> None:
    import matplotlib

    plain = curves.loss_curve(Course([2.0, 1.0]))
    canvas.save_figure(plain, tmp_path / "plain.png")
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red", "savefig.dpi": 10}):
        other = curves.loss_curve(Course([2.0, 1.0]))
        canvas.save_figure(other, tmp_path / "other.png")
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_picture_that_fails_fails_no_run(call: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(curves, "loss_curve", fail)
    monkeypatch.setattr("warnings.filters", [])  # A user's warnings are no errors.
    assert "not all pictures could be drawn (no ink)" in call(*SMALL, "--out", "out").stderr
    byhand.Model.load(tmp_path / "out")
    assert not list((tmp_path / "out").glob("checkpoint*"))


@pytest.mark.parametrize(
    "closed", [pytest.param(some, marks=pytest.mark.slow) for some in ("2>&-", "<&-", ">&-", "<&- >&- 2>&-")]
)
def test_a_training_bears_closed_streams(closed: str, started: Started, tmp_path: Path) -> None:
    done = started(*SMALL, "--out", "out", script=f'exec "$@" {closed}')
    assert ("saved in out" in done.stdout) == (">&-" not in closed.replace("2>&-", ""))
    assert byhand.Model.load(tmp_path / "out").sizes == (784, 8, 10)
    assert {path.suffix for path in (tmp_path / "out").iterdir() if path.name != ".lock"} == {
        *(".json", ".png", ".safetensors", ".toml")
    }


def test_closed_streams_are_told_where_something_is_left_to_tell(started: Started) -> None:
    assert "the file is empty" in started("predict", "-", code=1, script='exec "$@" <&-').stderr
    assert started("predict", "nothing.png", code=1, script='exec "$@" 2>&-').stdout == ""


def test_a_full_disk_behind_the_output_is_told(started: Started) -> None:
    assert "No space left" in started("info", code=1, script='exec "$@" >/dev/full').stderr
    started("info", code=1, script='exec "$@" >/dev/full 2>/dev/full')


def test_who_reads_no_further_stops_a_training_and_loses_nothing(started: Started, tmp_path: Path) -> None:
    many = ("train", "--epochs", "1000", "--limit", "1000", "--layers", "8", "--out", "out")
    done = started(*many, script='"$@" | head -n 3')
    assert "stopped; what epoch" in done.stderr
    assert byhand.Model.load(tmp_path / "out").sizes == (784, 8, 10)


def test_a_page_is_drawn_though_nobody_reads_what_is_said(started: Started, tmp_path: Path) -> None:
    one().resize((280, 280)).save(tmp_path / "page.png")
    started("read", "page.png", "--picture", "drawn.png", script='{ sleep 0.2; "$@"; } | true')
    with Image.open(tmp_path / "drawn.png") as drawn:
        assert drawn.size == (280, 280)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_however_often_ctrl_c_is_pressed_the_end_is_quiet(pause: float, tmp_path: Path) -> None:
    command = [COMMAND, "train", "--layers", "8", "--limit", "2000", "--epochs", "1000", "--json", "--out", "out"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in error


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_that_reads_pictures_is_left_behind(how: signal.Signals, tmp_path: Path) -> None:
    for number in range(3000):
        one().save(tmp_path / f"{number}.png")
    process = subprocess.Popen([COMMAND, "predict", "."], stdout=subprocess.PIPE, cwd=tmp_path, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(how)
    process.communicate(timeout=60)  # Their ends of the pipe are closed, too.
    assert process.returncode in (130, -signal.SIGKILL)
    until = time.monotonic() + 60
    while members(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not members(process.pid)


@pytest.mark.slow
def test_ctrl_c_while_processes_start_is_quiet(tmp_path: Path) -> None:
    for number in range(300):
        one().save(tmp_path / f"{number}.png")
    pipe = subprocess.PIPE
    for pause in (0.5, 0.7, 0.9, 1.2):
        command = [COMMAND, "predict", "."]
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, start_new_session=True)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.communicate(timeout=60)[1] == ""


def test_without_shared_memory_pictures_are_read_one_by_one(
    call: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FileNotFoundError("no /dev/shm")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", fail)
    (tmp_path / "many").mkdir()
    for number in range(65):
        one().save(tmp_path / "many" / f"{number}.png")
    assert len(call("predict", "many").stdout.splitlines()) == 65


def members(group: int) -> list[str]:
    """Return what still runs of a group of processes."""
    listed = subprocess.run(["ps", "-o", "stat=,args=", "-g", str(group)], capture_output=True, text=True, check=False)
    return [line for line in listed.stdout.splitlines() if not line.startswith("Z")]


def break_off() -> None:
    """Do as a library that is interrupted, and goes on with what is half done."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    raise RuntimeError("half compiled")


def test_a_ctrl_c_that_a_library_swallows_is_heeded() -> None:
    from byhand.commands.terminal import heeded_interrupts

    before = signal.getsignal(signal.SIGINT)
    with heeded_interrupts() as heed:
        heed()
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            heed()
    with pytest.raises(KeyboardInterrupt), heeded_interrupts():
        break_off()
    with pytest.raises(RuntimeError), heeded_interrupts():
        raise RuntimeError("a mistake of the program")
    assert signal.getsignal(signal.SIGINT) is before


def test_the_end_of_a_file_is_no_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise EOFError("in a library")

    monkeypatch.setattr("byhand.learning.recipe_files.names", fail)
    with pytest.raises(EOFError, match="in a library"):
        main(["recipes"])


def test_nothing_in_a_name_commands_the_terminal(started: Started, tmp_path: Path) -> None:
    name = "a\x1b[31mb\nbyhand: all is well\u202e.png"
    one().save(tmp_path / name)
    said = started("predict", name, "missing\x9b.png", code=1)
    assert all(line.isprintable() for line in f"{said.stdout}{said.stderr}".splitlines())
    assert len(said.stdout.splitlines()) == len(said.stderr.splitlines()) == 1
    assert json.loads(started("predict", "--json", name).stdout)["image"] == name


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None},
        {"HOME": None},
        {"TERM": "dumb", "COLUMNS": "1"},
        {"TMPDIR": "/nonexistent"},
        {"MPLBACKEND": "a notebook's"},
        {"NUMBA_DISABLE_JIT": "1"},
        {"PYTHONOPTIMIZE": "2"},
        {"NUMBA_OPT": "banana"},
    ],
    ids=lambda env: next(iter(env)),
)
@pytest.mark.slow
def test_a_training_bears_any_environment(env: dict[str, str | None], started: Started, tmp_path: Path) -> None:
    assert "saved in out" in started(*SMALL, "--out", "out", env=env).stdout
    assert (tmp_path / "out" / "loss.png").exists()


@pytest.mark.slow
def test_a_broken_matplotlibrc_at_home_is_not_read(started: Started, tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "matplotlibrc").write_bytes(b"\xff\xfe backend: nothing")
    assert started(*SMALL, "--out", "out", env={"MPLCONFIGDIR": str(tmp_path / "settings")}).stderr == ""
    assert (tmp_path / "out" / "loss.png").exists()


@pytest.mark.parametrize("width", ["abc", "0", "-5", "1000000000"])
def test_a_terminal_of_any_width_is_borne(width: str, started: Started) -> None:
    said = started("train", "--help", env={"COLUMNS": width, "TERMINAL_WIDTH": width}).stdout
    assert "--batch-size" in said


@pytest.mark.slow
def test_what_numba_says_of_its_settings_is_one_line(started: Started) -> None:
    said = started(*SMALL, env={"NUMBA_ENABLE_PROFILING": "x"}).stderr
    assert all(line.startswith("byhand: ") for line in said.splitlines())
    assert "Traceback" not in said


def test_data_with_a_name_that_is_no_text_are_refused_before_the_training(started: Started, tmp_path: Path) -> None:
    name = os.fsdecode(b"u\xff\xfe.npz")
    images = np.zeros((20, 4, 4), np.uint8)
    labels = np.arange(20) % 2
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    (tmp_path / "data.npz").rename(tmp_path / name)
    done = started("train", "--data", name, "--out", "out", code=1)
    assert "has bytes in its name that are no text. Give it another one." in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_in_the_place_of_a_file_is_refused_before_the_training(call: Run, tmp_path: Path) -> None:
    (tmp_path / "out" / "model.safetensors").mkdir(parents=True)
    assert "is a folder where a file is to be" in call(*SMALL, "--out", "out", code=1).stderr


@pytest.mark.usefixtures("undrawn")
def test_a_stray_folder_fails_no_training(call: Run, tmp_path: Path) -> None:
    (tmp_path / "out" / "checkpoint-damaged.safetensors").mkdir(parents=True)
    call(*SMALL, "--out", "out")
    assert not (tmp_path / "out" / "checkpoint.safetensors").exists()


def test_settings_that_numba_refuses_are_told(started: Started) -> None:
    assert (
        "Are the variables NUMBA_… of your shell right?"
        in started(*SMALL, code=1, env={"NUMBA_NUM_THREADS": "0"}).stderr
    )


def test_a_folder_that_is_gone_is_told(started: Started) -> None:
    done = started(*SMALL, code=1, script='mkdir gone && cd gone && rmdir ../gone && exec "$@"')
    assert done.stderr == "byhand: the folder that you stand in is gone. Go to another one.\n"


@pytest.mark.slow
def test_a_folder_that_may_not_be_entered_is_no_hindrance(started: Started, tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir()
    script = 'cd shut && chmod 000 . && exec "$@"'
    out = tmp_path / "out"
    assert f"saved in {out}" in started(*SMALL, "--out", out, script=script, preexec_fn=without_privileges).stdout


@pytest.mark.slow
def test_what_cannot_be_written_is_told_and_elsewhere_it_works(started: Started, tmp_path: Path) -> None:
    for name, mode in (("here", 0o555), ("home", 0o555), ("free", 0o777)):
        (tmp_path / name).mkdir(mode=mode)
    one().save(tmp_path / "one.png")
    options = {
        "cwd": tmp_path / "here",
        "preexec_fn": without_privileges,
        "env": {
            "HOME": str(tmp_path / "home"),
            "XDG_CACHE_HOME": str(tmp_path / "home"),
            "NUMBA_CACHE_DIR": "/dev/null",
        },
    }
    for arguments in (
        SMALL,
        ("export", "page", "page.html"),
        ("data", "--distortions", "sheet.png"),
        ("evaluate", "--figures", "figures"),
        ("predict", "../one.png", "--show", "shown.png"),
        ("read", "../one.png", "--picture", "drawn.png"),
        ("ensemble", byhand.model.SHIPPED, byhand.model.SHIPPED),
    ):
        assert "Permission denied" in started(*arguments, code=1, **options).stderr
    done = started(*SMALL, "--out", "../free", **options)
    assert "saved in ../free" in done.stdout
    told = [line for line in done.stderr.splitlines() if not line.startswith("byhand: compiles the training loop")]
    assert told == []  # nothing of what matplotlib says of its folders


def test_a_full_disk_leaves_nothing_half_written(started: Started, tmp_path: Path) -> None:
    full = limited(resource.RLIMIT_FSIZE, 10_000)
    untraced = {"COVERAGE_PROCESS_CONFIG": None}  # What is traced could not be written, either.
    for arguments in ((*SMALL, "--out", "out"), ("export", "page", "page.html")):
        assert "cannot be written" in started(*arguments, code=1, preexec_fn=full, env=untraced).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {".lock"}


@pytest.mark.slow
def test_few_descriptors_are_enough_or_are_told(started: Started, tmp_path: Path) -> None:
    one().save(tmp_path / "one.png")
    assert "one.png: 1" in started("predict", "one.png", preexec_fn=limited(resource.RLIMIT_NOFILE, 8)).stdout
    few = limited(resource.RLIMIT_NOFILE, 5)
    assert "Too many open files" in started(*SMALL, code=1, preexec_fn=few).stderr


LOOP = """
from byhand.compiled.compiling import compiled
@compiled
def square(x):
    return x * x
"""


@pytest.mark.parametrize(
    "damage", [b"garbage\n", *(pytest.param(some, marks=pytest.mark.slow) for some in (b"", b"\x80\x05N."))]
)
def test_what_is_damaged_in_the_cache_is_compiled_anew(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(LOOP)
    cache = tmp_path / "cache"

    def squared() -> tuple[str, list[Path]]:
        command = [sys.executable, "-c", "from loop import square; print(square(7))"]
        env = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
        said = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
        return said, [path for path in cache.rglob("loop.square*") if path.is_file()]

    said, kept = squared()
    assert (said, len(kept)) == ("49\n", 2)
    for path in kept:
        path.write_bytes(damage)
    assert squared()[0] == "49\n"
    assert min(path.stat().st_size for path in kept) > 100


@pytest.mark.slow
def test_processes_that_compile_kinds_of_one_loop_at_once_mix_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(LOOP)
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    kinds = ("uint8", "int16", "uint16", "int32", "uint32", "float32")
    work = "import sys, numpy as np; from loop import square; print([square(getattr(np, k)(15)) for k in sys.argv[1:]])"
    command = [sys.executable, "-c", work]
    pipe = subprocess.PIPE
    together = [subprocess.Popen([*command, kind], cwd=tmp_path, env=env, stdout=pipe, text=True) for kind in kinds]
    for process in together:
        process.communicate(timeout=60)
        assert process.returncode == 0
    after = subprocess.run([*command, *kinds], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert after.stdout.count("225") == len(kinds)
    assert len(list((tmp_path / "cache").rglob("*.nbc"))) == len(kinds)
