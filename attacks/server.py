"""A real server under attack, while fifty honest clients ask it for what a page asks: they shall hardly notice."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attacks.findings import Finding, Report
from attacks.hostile import ATTACKERS
from attacks.processes import Server, children, resident, serving
from attacks.uploads import NAME, ORIGIN
from byhand.types import Json

ROOT = Path(__file__).parent.parent
SHORTEST = 1.0  # Seconds of one attack: with fewer in all, some attacks are left out.
MOST_WAIT = 200.0  # Milliseconds that 99 of 100 honest answers take at most, besides what they take without an attack.
MOST_MEMORY = 150  # MiB that an attack adds to the server's own process at most, ...
MOST_BESIDE = 2 * 600 + 300  # ... and that two pictures may take, besides processes that judge and train.
MEMORIES = {"server +": "own", "its processes": "beside"}
ASKED = ("guessing", "strangers")  # only where a token is asked for
LAWLESS = ("foreign_names",)  # only where none is


@dataclass
class Gauge:
    """The most memory that a server took since it was begun."""

    server: Server
    own: float = 0.0
    beside: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look until it is over."""
        while not self._over.wait(0.1):
            own, beside = self.server.memory()
            self.own, self.beside = max(self.own, own), max(self.beside, beside)

    def end(self) -> None:
        """Look no more."""
        self._over.set()


def attack(random: np.random.Generator, seconds: float, folder: Path) -> Report:
    """Attack a server in all ways, one after the other, and report what its honest clients noticed."""
    figures: dict[str, Json] = {}
    findings: list[Finding] = []
    seed, began = int(random.integers(1 << 30)), time.monotonic()
    names = [str(name) for name in random.permutation([name for name in ATTACKERS if name not in ASKED])]
    drawing = _drawing()
    allowed = ("--allowed-host", NAME, "--allowed-origin", ORIGIN)
    with serving(folder, "--token", *allowed) as guarded, serving(folder) as open_to_all:
        for server in (guarded, open_to_all):
            _measured(server, drawing, lambda: time.sleep(0.5))  # The first answers load what the others need.
        calm = _measured(open_to_all, drawing, lambda: time.sleep(max(SHORTEST, seconds / 20)))
        figures["no attack"] = _told(calm)
        todo = [*ASKED, *names]
        for place, name in enumerate(todo):
            left = seconds - (time.monotonic() - began)
            share = left / (len(todo) - place) - 1.0  # one second to begin, to calm down and to look
            if share < SHORTEST and left < SHORTEST + 1:
                figures["left out for lack of time"] = ", ".join(todo[place:])
                break
            server = guarded if name in ASKED or (name not in LAWLESS and place % 2) else open_to_all
            findings += _attacked(server, name, max(share, SHORTEST), seed, drawing, calm, figures)
        for server in (guarded, open_to_all):
            findings += _ended(server)
    figures["attacks"] = sum(name in figures for name in ATTACKERS)
    return Report(figures, findings)


def _attacked(
    server: Server,
    name: str,
    seconds: float,
    seed: int,
    drawing: bytes,
    calm: Mapping[str, Json],
    figures: dict[str, Json],
) -> list[Finding]:
    """Make one attack, and return what got through."""
    again = f"python -m attacks.hostile {name} PORT '{'TOKEN' if server.token else ''}' {seconds:.0f} {seed}"
    found: list[Finding] = []

    def go_on() -> None:
        arguments = [name, str(server.port), server.token or "", str(seconds), str(seed)]
        command = [sys.executable, "-m", "attacks.hostile", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        if done.returncode:
            found.append(Finding(f"{name}: the attack itself broke: {done.stderr[-500:]}", again))
        else:
            found.extend(Finding(f"{name}: {what}", said) for what, said in json.loads(done.stdout))

    told = _measured(server, drawing, go_on)
    if told["p99_ms"] > MOST_WAIT + calm["p99_ms"]:  # type: ignore[operator]
        told = _measured(server, drawing, go_on)  # Once, it may have been the machine.
    figures[name] = _told(told)
    for what, is_so in (
        (f"the server is gone: {server.process.poll()}", server.process.poll() is not None),
        (f"honest clients had errors: {told['errors']}", bool(told["errors"])),
        (f"99 % took {told['p99_ms']:.0f} ms", told["p99_ms"] > MOST_WAIT + calm["p99_ms"]),  # type: ignore[operator]
        (f"the server took {told['own']:.0f} MiB more", told["own"] > MOST_MEMORY),  # type: ignore[operator]
        (f"its processes took {told['beside']:.0f} MiB", told["beside"] > MOST_BESIDE),  # type: ignore[operator]
    ):
        if is_so:
            found.append(Finding(f"{name}: {what}", again))
    return found


def _measured(server: Server, drawing: bytes, during: Callable[[], None]) -> dict[str, Json]:
    """Return what honest clients and the memory say of a time in which something is done."""
    command = [sys.executable, "-m", "attacks.honest", str(server.port), server.token or ""]
    before, _ = server.memory()
    gauge = Gauge(server)
    watching = threading.Thread(target=gauge.watch, daemon=True)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT) as honest:
        assert honest.stdin is not None
        honest.stdin.write(b"%d\n" % len(drawing) + drawing)
        honest.stdin.flush()
        watching.start()
        during()
        said, _ = honest.communicate()
    gauge.end()
    watching.join()
    told: dict[str, Json] = json.loads(said)
    return {**told, "own": max(0.0, gauge.own - before), "beside": gauge.beside}


def _told(measured: Mapping[str, Json]) -> dict[str, Json]:
    """Return what honest clients noticed, and the memory, as figures."""
    errors = measured["errors"]
    assert isinstance(errors, list)
    mebibytes = {f"{name} MiB": round(float(str(measured[key]))) for name, key in MEMORIES.items()}
    times = {name: round(float(str(measured[key]))) for name, key in (("p99 ms", "p99_ms"), ("worst ms", "worst_ms"))}
    return {"answers": measured["n"], "errors": len(errors), **times, **mebibytes}


def _ended(server: Server) -> list[Finding]:
    """Stop a server, and return what is wrong with how it ended and with what it said."""
    begun, found = children(server.process.pid), []
    began = time.monotonic()
    server.process.send_signal(signal.SIGINT)
    try:
        server.process.wait(15)
    except subprocess.TimeoutExpired:
        found.append("it did not stop within 15 seconds")
    if time.monotonic() - began > 6:
        found.append(f"it took {time.monotonic() - began:.0f} seconds to stop")
    time.sleep(1)
    if left := [child for child in begun if resident(child)]:
        found.append(f"it left processes behind: {left}")
    if said := server.said.read_text(errors="replace").strip():
        found.append(f"its terminal says: {said[-1500:]}")
    return [Finding(f"the server after all attacks: {what}", "all attacks", server.said) for what in found]


def _drawing() -> bytes:
    """Return a drawing of a 7 as a small PNG file."""
    import io

    from PIL import Image, ImageDraw

    picture = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(picture).line([(70, 60), (210, 60), (120, 230)], 0, 22)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
