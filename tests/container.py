"""A Dockerfile read and carried out without an engine for containers: in a folder that stands for the image's own one.

All that it makes must lie below one folder, so that in its steps, which are run as they stand, only that name has to be
another one. What a stage does not copy from another is not there, as in an engine.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from byhand.errors import ByhandError

ROOT = "/opt/byhand"


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, with what each says."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n", " ", lines)
    parted = (line.partition(" ") for line in joined.splitlines())
    return [(name.upper(), rest.strip()) for name, _, rest in parted if name]


@dataclass
class Image:
    """What became of a Dockerfile.

    Attributes
    ----------
    root
        The folder that stands for `ROOT`.
    environment
        What its processes find in theirs.
    folder
        Where they begin.
    settings
        What its other instructions said last.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    settings: dict[str, str] = field(default_factory=dict)

    def within(self, text: str) -> str:
        """Return a text of the Dockerfile with its folder as it is here."""
        return text.replace(ROOT, str(self.root))

    def command(self, name: str) -> list[str]:
        """Return a command in the form of a list, such as CMD."""
        found: list[str] = json.loads(self.within(self.settings[name][self.settings[name].index("[") :]))
        return found


def build(dockerfile: Path, root: Path) -> Image:
    """Carry out a Dockerfile, in which `python` is this one."""
    context, stages = dockerfile.parent, root.parent / "stages"
    tools = root.parent / "tools"
    tools.mkdir()
    (tools / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    image, name = Image(root), ""
    for instruction, said in instructions(dockerfile.read_text("utf-8")):
        match instruction:
            case "FROM":
                if root.exists():
                    root.rename(stages / name)
                stages.mkdir(exist_ok=True)
                root.mkdir()
                _, _, name = said.partition(" AS ")
                own = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(tools)}
                image = Image(root, {**_of_the_index(), **own})
            case "WORKDIR":
                image.folder = Path(image.within(said))
                image.folder.mkdir(parents=True, exist_ok=True)
            case "ENV":
                for setting in shlex.split(image.within(said)):
                    key, _, value = setting.partition("=")
                    image.environment[key] = value.replace("$PATH", image.environment["PATH"])
            case "COPY":
                _copy(image, said, context, stages)
            case "RUN":
                _run(image, said)
            case _:
                image.settings[instruction] = said
    return image


def _of_the_index() -> dict[str, str]:
    """Return what this process was told of the index of packages, and of the way to it."""
    about = ("PIP_", "UV_", "SSL_", "HTTP", "http", "no_proxy", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if name.startswith(about)}


def _copy(image: Image, said: str, context: Path, stages: Path) -> None:
    """Copy from the folder of the Dockerfile, or from another stage."""
    words = said.split()
    options = dict(word[2:].split("=") for word in words if word.startswith("--"))
    *sources, target = [word for word in words if not word.startswith("--")]
    into = image.folder / image.within(target)
    for source in sources:
        if "from" in options:
            place = stages / options["from"] / Path(source).relative_to(ROOT)
        else:
            place = context / source
            if f"!{source}" not in (context / ".dockerignore").read_text("utf-8").splitlines():
                raise ByhandError(f"{source}: is ignored, and cannot be copied.")
        if place.is_dir():
            left_out = None if "from" in options else shutil.ignore_patterns("__pycache__")
            shutil.copytree(place, into, symlinks=True, ignore=left_out)
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place, into)
        if "chown" in options and os.geteuid() == 0:
            owner, group = map(int, options["chown"].split(":"))
            for path in (into, *into.rglob("*")):
                os.chown(path, owner, group)


def _run(image: Image, said: str) -> None:
    """Run a step."""
    for path in re.findall(r"(?<![\w./:])/[\w./-]+", said):
        if not path.startswith(ROOT):
            raise ByhandError(f"{path}: lies elsewhere than below {ROOT}; it would be of this machine.")
    command = ["sh", "-c", image.within(said)]
    done = subprocess.run(command, cwd=image.folder, env=image.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ByhandError(f"{said}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
