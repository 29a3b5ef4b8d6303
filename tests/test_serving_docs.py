"""What docs/serving.md says is true: its commands run, its unit is one, its examples name what there is."""

import inspect
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from byhand.commands.web import serve
from conftest import REPOSITORY
from served import Serving
from test_docs import blocks

TEXT = (REPOSITORY / "docs" / "serving.md").read_text("utf-8")
OF_THE_PAGE = ("model", "data", "white", "transposed", "runs", "open_browser")
COMMANDS = [
    shlex.split(line)[2:]
    for block in blocks(TEXT, "sh")
    for line in block.splitlines()
    if line.startswith("byhand serve")
]


def test_all_that_is_for_others_is_told() -> None:
    options = {name for name in inspect.signature(serve).parameters if name not in OF_THE_PAGE}
    assert {"token", "token_file", "allowed_host", "allowed_origin", "log_level", "host", "port", "pupils"} == options
    for option in options:
        assert f"--{option.replace('_', '-')}" in TEXT


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_the_commands_serve(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-for-the-tests\n")
    (tmp_path / "token").chmod(0o600)
    server = Serving(tmp_path, *arguments)
    try:
        port = re.search(r"http://\S+?:(\d+)/", server.line)
        assert port
        assert httpx.get(f"http://127.0.0.1:{port[1]}/healthz").status_code == 200
        needs = "--token-file" in arguments
        assert httpx.get(f"http://127.0.0.1:{port[1]}/api/data").status_code == (401 if needs else 200)
    finally:
        assert server.stop() == (130, "", "")


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 3
    containers = [line for block in blocks(TEXT, "sh") for line in block.splitlines() if "docker run" in line]
    assert len(containers) == 2
    assert not [
        line for line in containers if re.search(r"(-e|--env)[ =]?\w+=", line)
    ]  # All users could read it there.


def test_the_unit_is_one_and_shuts_the_server_in(tmp_path: Path) -> None:
    (unit,) = blocks(TEXT, "ini")
    command = re.search(r"^ExecStart=\S+/byhand (serve .*)$", unit, re.MULTILINE)
    assert command
    assert set(shlex.split(command[1])) & {"--token-file", "--allowed-host", "--log-level"}
    file = tmp_path / "byhand.service"
    file.write_text(unit.replace("/opt/byhand/venv/bin/byhand", "/bin/true"))
    for line in unit.splitlines():
        assert re.fullmatch(r"|\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*", line), line
    if shutil.which("systemd-analyze"):
        environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}
        for how in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=20", "--no-pager"]):
            analyze = ["systemd-analyze", *how, str(file)]
            done = subprocess.run(analyze, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert how[0] != "verify" or not done.stderr, done.stderr


def test_the_proxies_are_told_what_they_need(tmp_path: Path) -> None:
    (nginx,) = blocks(TEXT, "nginx")
    for needed in ("proxy_set_header Host $http_host;", "proxy_buffering off;", "proxy_http_version 1.1;"):
        assert needed in nginx
    assert "$request_method $uri" in nginx  # The whole address, as nginx logs it by itself, may have the token.
    assert "proxy_cookie_flags ~ secure;" in nginx
    for block in blocks(TEXT, "nginx") + blocks(TEXT, "caddy"):
        assert block.count("{") == block.count("}")
        assert "127.0.0.1:8765" in block
    program = shutil.which("nginx")
    if program:  # Its own opinion, without the certificate that nobody has.
        plain = re.sub(r" *ssl_certificate.*\n", "", nginx).replace("443 ssl", "127.0.0.1:8443")
        (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {plain} }}")
        done = subprocess.run(
            [program, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
