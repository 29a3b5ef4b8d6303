"""Who may ask the server where it stands among others: behind a proxy, for pages of others, with a token chosen."""

import base64
import errno
import hashlib
import os
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import segno
from fastapi import FastAPI

import byhand
from asking import Client, check_headers, detail, pieces
from byhand.commands.app import main
from byhand.data.datasets import Dataset
from byhand.errors import ByhandError, UsageError
from byhand.web import addresses, running, server, tokens
from byhand.web.access import Access, hosts_of, origins_of
from byhand.web.api.reader import Reader
from byhand.web.page.handing_on import address, drawn
from byhand.web.server import build

TOKEN = "a-token/for+tests=="  # noqa: S105
LESSON = "https://lesson.example.org"
NAME = "digits.example.org"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}


@pytest.fixture(scope="module")
def behind(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """Return the application of a server behind a proxy, which another page may ask, too."""
    access = Access(TOKEN, hosts_of([NAME]), origins_of([LESSON, "http://localhost:3000"]))
    app = build(byhand.Model.load(), data, runs=tmp_path_factory.mktemp("runs"), access=access)
    yield app
    app.state.close()


@pytest.fixture(scope="module")
def proxied(behind: FastAPI) -> Iterator[Client]:
    """Return a client that has the token."""
    client = Client(behind, f"https://{NAME}")
    client.client.headers["authorization"] = f"Bearer {TOKEN}"
    yield client
    client.close()


# Names


def test_under_the_names_that_were_allowed_and_no_others(proxied: Client) -> None:
    for name in (NAME, f"{NAME}:8443", NAME.upper(), f"{NAME}.", "localhost", "127.0.0.1:8765", "[::1]"):
        assert proxied.get("/api/data", headers={"host": name}).status_code == 200, name
    for name in ("example.org", f"x.{NAME}", f"{NAME}.evil.org", "192.168.0.7", f"{NAME}@evil.org", "-", "...", "[::"):
        assert "--allowed-host" in detail(proxied.get("/api/data", headers={"host": name}), 403), name


def test_the_page_is_its_own_behind_a_proxy(proxied: Client, seven: bytes) -> None:
    for origin, status in ((f"https://{NAME}", 200), (f"http://{NAME}", 200), ("https://evil.org", 403), ("null", 403)):
        headers = {"origin": origin, "sec-fetch-site": "same-origin"}
        assert proxied.post("/api/predict", content=seven, headers=headers).status_code == status, origin


def test_what_a_proxy_says_of_others_is_not_believed(client: Client, proxied: Client) -> None:
    said = {
        "x-forwarded-host": "localhost",
        "x-forwarded-for": "127.0.0.1",
        "forwarded": "host=localhost;for=127.0.0.1",
    }
    assert client.get("/api/data", headers={"host": "evil.org", **said}).status_code == 403
    assert proxied.get("/api/data", headers={"authorization": "", **said}).status_code == 401


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Digits.Example.ORG", "digits.example.org"),
        ("fd00::0:1", "fd00::1"),
        ("[fd00::1]", "fd00::1"),
        ("zürich.example", "xn--zrich-kva.example"),
        ("machine_7", "machine_7"),
    ],
)
def test_names_of_machines(given: str, meant: str) -> None:
    assert hosts_of([given]) == {meant}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("*", "Name each one"),
        ("*.example.org", "Name each one"),
        ("https://example.org", "the name of the machine alone"),
        ("example.org:80", "without its port"),
        ("[::1]:80", "without its port"),
        ("", "no name of a machine"),
        ("two names", "no name of a machine"),
        ("-x", "no name of a machine"),
        (70 * "ä", "no name of a machine"),
    ],
)
def test_what_is_no_name_of_a_machine(given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        hosts_of(["example.org", given])
    assert error.value.fields == ("allowed_host",)


# Pages of others


def test_a_page_that_is_allowed_may_ask_and_see_the_answer(proxied: Client, seven: bytes) -> None:
    headers = {"origin": LESSON, "sec-fetch-site": "cross-site"}
    for answer in (
        proxied.post("/api/predict", content=seven, headers=headers),
        proxied.get("/api/data", headers=headers),
        proxied.get("/static/main.js", headers=headers),
        proxied.get("/nothing", headers=headers),
        proxied.get("/api/data", headers={**headers, "authorization": ""}),
        proxied.post("/api/predict", content=bytes(20_000_001), headers=headers),
    ):
        assert answer.status_code in (200, 404, 401, 413)
        assert answer.headers["access-control-allow-origin"] == LESSON
        assert "Origin" in answer.headers.get_list("vary")
        assert "access-control-allow-credentials" not in answer.headers
        check_headers(answer)


def test_of_another_page_no_cookie_counts(behind: FastAPI) -> None:
    client = Client(behind, f"https://{NAME}")
    client.get(f"/?token={TOKEN}")
    for site, status in ((None, 401), ("same-site", 401), ("cross-site", 401), ("same-origin", 200)):
        # The last is byhand's own page, behind a proxy that does not say under which name it was asked.
        headers = {"origin": LESSON} | ({} if site is None else {"sec-fetch-site": site})
        assert client.get("/api/data", headers=headers).status_code == status, site
    assert client.get(f"/?token={TOKEN}", headers={"origin": LESSON}).status_code == 401
    assert client.get("/api/data").status_code == 200
    client.close()


def test_it_asks_first_whether_it_may(proxied: Client) -> None:
    for origin in (LESSON, "http://localhost:3000"):
        headers = {"origin": origin, "authorization": "", **PREFLIGHT}  # which is asked without the token
        answer = proxied.ask("OPTIONS", "/api/predict", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-methods"] == "GET, POST"
        assert {"Authorization", "Content-Type"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert proxied.ask("OPTIONS", "/api/predict", headers={"origin": LESSON}).status_code == 405


@pytest.mark.parametrize(
    "origin",
    ["https://evil.org", f"{LESSON}.evil.org", f"{LESSON}:444", "http://lesson.example.org", "null", "*", f"{LESSON}/"],
)
def test_other_pages_may_not(proxied: Client, origin: str) -> None:
    for answer in (
        proxied.get("/api/data", headers={"origin": origin}),
        proxied.ask("OPTIONS", "/api/predict", headers={"origin": origin, **PREFLIGHT}),
    ):
        assert "--allowed-origin" in detail(answer, 403)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"
    assert proxied.get("/api/data", headers={"sec-fetch-site": "cross-site"}).status_code == 403  # a picture in one


def test_where_no_page_is_allowed_nothing_is_said_of_it(client: Client) -> None:
    assert "vary" not in client.get("/api/data").headers
    assert client.ask("OPTIONS", "/api/predict", headers={"origin": LESSON, **PREFLIGHT}).status_code == 403


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://Lesson.Example.org", "https://lesson.example.org"),
        ("https://lesson.example.org/", "https://lesson.example.org"),
        ("HTTPS://lesson.example.org:443", "https://lesson.example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://zürich.example", "https://xn--zrich-kva.example"),
    ],
)
def test_origins_of_pages(given: str, meant: str) -> None:
    assert origins_of([given]) == {meant}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("example.org", "must begin with https://"),
        ("localhost:3000", "must begin with https://"),
        ("ftp://example.org", "must begin with https://"),
        ("", "must begin with https://"),
        ("*", "one by one"),
        ("null", "one by one"),
        ("https://*.example.org", "one by one"),
        ("https://", "no origin"),
        ("https://example.org:99999", "no origin"),
        ("https://[::1", "no origin"),
        ("https://example.org/page", "more than a scheme"),
        ("https://example.org?x", "more than a scheme"),
        ("https://me@example.org", "more than a scheme"),
    ],
)
def test_what_is_no_origin(given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        origins_of([given])
    assert error.value.fields == ("allowed_origin",)


# The token


def test_a_token_of_base64_opens_the_page_however_its_link_is_written(behind: FastAPI) -> None:
    for written in (TOKEN, "a-token%2Ffor%2Btests%3D%3D"):
        client = Client(behind, f"https://{NAME}")
        assert client.get("/?xtoken=1&token").status_code == 401
        assert client.get(f"/?a=b&token={written}").headers["location"] == "./"
        assert client.get("/api/data").status_code == 200
        client.close()


def test_the_description_says_how_the_token_is_sent(proxied: Client, client: Client) -> None:
    told = proxied.get("/openapi.json").json()
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert told["security"] == [{"token": []}]
    assert [path for path, said in told["paths"].items() if said.get("get", {}).get("security") == []] == [
        "/healthz",
        "/readyz",
    ]
    assert "security" not in client.get("/openapi.json").json()


@pytest.mark.parametrize(
    ("content", "meant"), [(b"0123456789abcdef\n", "0123456789abcdef"), (b"\xef\xbb\xbfAZaz09-._~+/AZaz==\r\n", None)]
)
def test_a_token_from_a_file_or_a_variable(content: bytes, meant: str | None, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    meant = meant or "AZaz09-._~+/AZaz=="
    assert tokens.chosen(file, {}) == meant
    environment = {"BYHAND_TOKEN": meant, "OTHER": "x"}
    assert tokens.chosen(None, environment) == meant
    assert environment == {"OTHER": "x"}  # Processes begun later know nothing of it.
    assert tokens.chosen(None, {}) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "token is empty"),
        (b" \n", "token is empty"),
        (b"too-short\n", "too short: 9 characters"),
        (501 * b"x", "too long"),
        (b"two lines of 16 letters\nand more", "more than a token"),
        (b"letter-\xc3\xa9-with-an-accent", "more than a token"),
        (b"\xff\xfe" + "0123456789abcdef".encode("utf-16-le"), "more than a token"),
        (b"has;a;semicolon;in;it", "more than a token"),
        (5000 * b"x", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_file_without_a_token(
    content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    assert main(["serve", "--token-file", str(file)]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("byhand: --token-file: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert (content or b"\0").strip().decode("latin-1") not in told.err or not (content or b"").strip()


def test_a_variable_without_a_token(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for value, message in (("", "is empty"), ("short", "too short")):
        monkeypatch.setenv("BYHAND_TOKEN", value)
        assert main(["serve"]) == 2
        assert re.search(f"BYHAND_TOKEN, a variable of the environment, .*{message}", capsys.readouterr().err)
    monkeypatch.setenv("BYHAND_TOKEN", TOKEN)
    assert main(["serve", "--token-file", "file"]) == 2
    assert "Leave one of them out" in capsys.readouterr().err


def test_a_token_that_was_chosen_is_never_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[Access] = []

    def served(*_: object, access: Access, ready: Callable[[str], None], **__: object) -> None:
        asked.append(access)
        ready("L")

    monkeypatch.setattr("byhand.web.server.serve", served)
    file = tmp_path / "token"
    file.write_text(TOKEN)
    allowed = ["--allowed-host", NAME, "--allowed-host=desk", "--allowed-origin", LESSON]
    for mode in (0o600, 0o644):
        file.chmod(mode)
        assert main(["serve", "--token-file", str(file), *allowed]) == 0
        told = capsys.readouterr()
        assert told.out == f"The page is at L and asks for the token in {file} (Ctrl-C ends it).\n"
        assert ("everybody on this machine can read" in told.err) == (mode == 0o644)
        assert TOKEN not in told.out + told.err
    assert asked == 2 * [Access(TOKEN, frozenset((NAME, "desk")), frozenset((LESSON,)))]


@pytest.mark.parametrize(
    ("access", "always", "asks"),
    [
        (Access(), False, False),
        (Access(), True, True),
        (Access(hosts=frozenset((NAME,))), False, True),  # Others reach it, by a proxy.
        (Access(hosts=frozenset(("::1",))), False, False),
        (Access(origins=frozenset((LESSON,))), False, False),
    ],
)
def test_a_token_is_made_where_others_may_reach_it(
    access: Access, always: bool, asks: bool, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: list[str] = []
    monkeypatch.setattr(running.Server, "run", lambda self, sockets: self._ready())  # noqa: ARG005
    options = {"data": "mnist", "runs": tmp_path, "host": "127.0.0.1", "port": 0, "ready": links.append}
    server.serve(byhand.Model.load(), data, access=access, always=always, **options)  # type: ignore[arg-type]
    assert ("?token=" in links[0]) == asks


def test_the_link_that_is_printed_is_answered_under_its_name(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: list[str] = []
    monkeypatch.setattr(addresses, "_own_address", lambda **_: "192.0.2.7")

    def run(self: running.Server, sockets: list[socket.socket]) -> None:  # noqa: ARG001
        self._ready()
        client = Client(self.config.app, links[0].partition("/?")[0])
        token = {"authorization": f"Bearer {TOKEN}"}
        for host, status in ((None, 200), (NAME, 200), ("192.0.2.8", 403), ("evil.org", 403)):
            headers = token | ({"host": host} if host else {})
            assert client.get("/api/data", headers=headers).status_code == status, host
        client.close()

    monkeypatch.setattr(running.Server, "run", run)
    options = {"data": "mnist", "runs": tmp_path, "host": "0.0.0.0", "port": 0, "ready": links.append}  # noqa: S104
    access = Access(TOKEN, frozenset((NAME,)))
    server.serve(byhand.Model.load(), data, access=access, **options)  # type: ignore[arg-type]
    assert links[0].startswith("http://192.0.2.7:")
    assert Access().at("http://192.0.2.7/") == Access(address="http://192.0.2.7/")
    assert access.at("http://-/") == replace(access, address="http://-/")


# Who watches over it


def test_everybody_may_ask_whether_it_lives(behind: FastAPI) -> None:
    stranger = Client(behind, "http://10.0.0.7:8765")
    for path in ("/healthz", "/readyz"):
        for headers in ({}, {"host": ""}, {"origin": "https://evil.org"}, {"sec-fetch-site": "cross-site"}):
            answer = stranger.get(path, headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
            check_headers(answer)
        assert stranger.ask("HEAD", path).status_code == 200
        # What nobody reads costs something; so it takes a token.
        assert stranger.ask("GET", path, content=b"x").status_code == 403
        assert stranger.ask("GET", path, content=pieces(b"x")).status_code == 403
        assert stranger.post(path).status_code == 403
    stranger.close()


def test_it_is_not_ready_where_too_many_wait(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "takes_more", False)
    assert "Try again" in detail(client.get("/readyz"), 503)
    assert client.ask("HEAD", "/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


# Where it listens


def test_what_is_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    for host in ("", "*"):
        with pytest.raises(ByhandError, match=r"Write 0\.0\.0\.0"):
            addresses.listen(host, 0)
    assert main(["serve", "--host", "*"]) == 1
    assert "Write 0.0.0.0" in capsys.readouterr().err


def test_a_port_of_the_system(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket, "create_server", refuse)
    assert main(["serve", "--port", "80"]) == 1
    assert capsys.readouterr().err.startswith("byhand: --port: 80 may not be used by you")


# People


def test_people_get_a_page_where_programs_get_json(behind: FastAPI, client: Client) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    unknown = Client(behind, f"https://{NAME}")
    for asks, path, status, words in (
        (unknown, "/", 401, "whole link"),
        (unknown, "/?token=old", 401, "whole link"),
        (client, "/nothing", 404, "nothing at this address"),
        (client, "/api/images?part=neither&index=1", 422, "part: must be"),
        (client, "/api/images?part=test&index=1&<b>", 200, ""),
    ):
        said = asks.get(path, headers=browser)
        assert said.status_code == status, path
        check_headers(said)
        if status != 200:
            assert said.headers["content-type"] == "text/html; charset=utf-8"
            assert words in said.text
            style = re.search("<style>(.*?)</style>", said.text)
            assert style is not None
            source = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
            assert f"style-src 'self' 'sha256-{source}';" in said.headers["content-security-policy"]
            assert asks.get(path, headers={"accept": "*/*"}).headers["content-type"] == "application/json"
    assert "<b>x" not in client.get("/api/training?<b>x", headers=browser).text
    unknown.close()


# Handing on


def test_who_has_the_token_gets_the_whole_link_and_its_code(proxied: Client, client: Client, behind: FastAPI) -> None:
    page = f"https://{NAME}/lesson/"
    shared = proxied.get("/api/share", params={"at": f"{page}#view=learn"}).json()
    assert shared["link"] == f"{page}?token={quote(TOKEN)}"
    opened = Client(behind, f"https://{NAME}")
    assert opened.get(shared["link"].replace("/lesson", "")).status_code == 303
    assert opened.get("/").status_code == 200
    opened.close()
    for wrong in ("javascript:alert(1)", "//x", "https:///", f"{page}?a", f"{page}{500 * 'a'}"):
        assert "address of a page" in detail(proxied.get("/api/share", params={"at": wrong}), 422)
    assert "whole link" in detail(client.get("/api/share", params={"at": page}), 404)
    assert proxied.get("/api/share", params={"at": page}, headers={"authorization": ""}).status_code == 401


def test_a_name_of_this_machine_alone_is_not_handed_on() -> None:
    known = Access(TOKEN).at("http://192.168.0.7:8765/?token=x").address
    assert known == "http://192.168.0.7:8765/"
    for found in ("http://localhost:8765/", "http://127.0.0.1:8765/#ink=1", "http://[::1]:8765/"):
        assert address(found, known) == known
    for found in ("http://teacher.local:8765/", "https://digits.example.org/byhand/"):
        assert address(found, known) == found


def test_the_code_is_the_links() -> None:
    link = "http://192.168.0.7:8765/?token=abcdefghijklmnopqrstuv"
    size, path = drawn(link)
    cells = np.zeros((size, size), bool)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", path):
        cells[int(y), int(x) : int(x) + int(length)] = True
    assert cells[4:-4, 4:-4].tolist() == [list(map(bool, row)) for row in segno.make_qr(link, error="m").matrix]
    assert cells.sum() == cells[4:-4, 4:-4].sum()
    assert re.fullmatch(r"(M\d+ \d+h\d+v1H\d+z)+", path)
