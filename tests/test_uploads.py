"""A picture is the same however it is sent; what holds none is refused in one sentence, and believed in nothing."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import Client, detail, png
from byhand.errors import ByhandError
from byhand.web.work import uploads
from byhand.web.work.uploads import picture_in
from served import Serving

FORM = "multipart/form-data; boundary=cut"
LINK = "application/x-www-form-urlencoded"
JSON = "application/json"


def form(*parts: tuple[str, bytes], boundary: bytes = b"cut") -> bytes:
    """Return a form of parts, each with what stands before its content."""
    pieces = [b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, head.encode(), body) for head, body in parts]
    return b"".join(pieces) + b"--%s--\r\n" % boundary


def file(name: str = "a.png", field: str = "image") -> str:
    """Return what stands before a file in a form."""
    return f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: image/png'


FIELD = 'Content-Disposition: form-data; name="image"'


def ways(picture: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield a picture in all ways in which it may be sent, with their content types."""
    text = base64.b64encode(picture).decode()
    link = f"data:image/png;base64,{text}"
    for kind in ("", "image/png", "application/octet-stream", LINK, JSON, "text/plain"):
        yield picture, kind
    yield form((file(), picture)), FORM
    yield form((FIELD, b"text"), (file(), picture), (FIELD, b"")), FORM
    yield form((file(""), b""), (file(), picture)), FORM
    yield form((FIELD, picture)), FORM
    yield form((FIELD, link.encode())), FORM
    yield form((FIELD, text.encode())), FORM
    yield form((file() + "\r\nContent-Transfer-Encoding: base64", base64.encodebytes(picture))), FORM
    yield b"said before\r\n" + form((file("\0../../etc/passwd\u202e"), picture)) + b"and after", FORM
    yield form((file(), picture), boundary=b"Cut'd +x"), 'Multipart/Form-Data; charset=x; boundary="Cut\'d +x"'
    yield json.dumps({"image": link}).encode(), JSON
    yield json.dumps({"image": text}).encode("utf-8-sig"), "application/vnd.api+json; charset=utf-8"
    yield json.dumps({"image": base64.urlsafe_b64encode(picture).decode().rstrip("=")}, indent=2).encode(), LINK
    yield json.dumps(link).encode(), JSON
    yield link.encode(), "text/plain;charset=UTF-8"
    yield f" DATA:;Base64,{text}\n".encode(), ""
    yield f"data:image/png;base64,{quote_plus(text)}".encode(), ""
    yield base64.encodebytes(picture), "text/plain"
    yield text.encode(), ""
    yield f"image={text}".encode(), LINK  # as curl -d, which leaves each plus as it is
    yield f"image={quote_plus(link)}".encode(), LINK


def test_a_picture_is_the_same_in_every_way_in_which_it_is_sent(seven: bytes) -> None:
    for content, kind in ways(seven):
        assert picture_in(content, kind) == seven, (content[:100], kind)


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_whatever_is_in_a_file_comes_out_of_its_form(content: bytes, around: bytes) -> None:
    for body in (content, content + b"\r\n--cu" + content, content + b"\r\n"):
        if not body or b"\r\n--cut" in body or body.lower().lstrip().startswith((b"data:", b"http")):
            continue
        assert picture_in(form((file(), body)), FORM) == body
    said = around.replace(b"cut", b"")
    assert picture_in(said + b"\r\n" + form((file(), b"picture")) + said, FORM) == b"picture"


KINDS = st.sampled_from([FORM, LINK, JSON, "text/plain", "", "multipart/mixed"])
PIECES = st.sampled_from([*";=*'%\"\\\xff", "; boundary", "*0", "utf-8''", "cut"])
WRONG_KINDS = st.lists(PIECES).map(lambda pieces: "multipart/a" + "".join(pieces))


@given(KINDS | WRONG_KINDS, st.binary(max_size=200))
def test_garbage_is_bytes_or_one_sentence(kind: str, content: bytes) -> None:
    for said in (content, b"{" + content, b"--cut\r\n" + content, b"data:" + content, b"image=" + content):
        assert told_of(said, kind).startswith("the picture: ")


def told_of(content: bytes, kind: str) -> str:
    """Return what is said of something that was sent; of a picture only that it is one."""
    try:
        picture_in(content, kind)
    except ByhandError as error:
        return str(error)
    return "the picture: "


def test_pictures_that_begin_as_other_things_do_are_taken_as_they_are() -> None:
    plain = b"P2\n2 2\n255\n0 1 2 3\n"
    for content in (plain, b"{\0\2" + bytes(40), b"data", b"[]", b"%PDF"):
        assert picture_in(content, "text/plain" if content is plain else "") == content
    assert picture_in(form((FIELD, plain)), FORM) == plain


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", FORM, "damaged"),
        (b"\x89PNG\r\n\x1a\n", FORM, "damaged"),
        (form((file(), b"x"))[:-10], FORM, "breaks off"),
        (b"--cut\r\nContent-Disposition: form-data", FORM, "breaks off"),
        (b"--cut" + b"x" * 50, FORM, "damaged"),
        (form((file(), b"x")).replace(b"\r\n", b"\n"), FORM, "damaged"),
        (b"\x89PNG\r\n\x1a\n", "multipart/form-data", "without a boundary"),
        (form((file(), b"x")), "multipart/form-data; boundary*=cut; boundary*0=cut", "without a boundary"),
        (form((file(), b"x")), "multipart/form-data; boundary=", "without a boundary"),
        (form((file(), b"x")), f"multipart/form-data; boundary={71 * 'x'}", "without a boundary"),
        (form((file(), b"x")), f"multipart/form-data; boundary*=utf-8''{'%' * 5000}", "without a boundary"),
        (form((file(), b"x")), "multipart/form-data; boundary*0=cut; boundary*=cut", "without a boundary"),
        (form(), FORM, "none of the 0 fields"),
        (form((FIELD, b"a"), (FIELD, b"b")), FORM, "none of the 2 fields"),
        (form((file(), b"a"), (file("b"), b"b")), FORM, "one of 2 files"),
        (form((file(""), b"")), FORM, "none was chosen"),
        (form((FIELD, b"photo.png")), FORM, "takes an @"),
        (form(*(21 * [(FIELD, b"x")])), FORM, "more than 20 parts"),
        (b"--cut\r\nX: " + 3000 * b"x" + b"\r\n\r\n\r\n--cut--", FORM, "damaged"),
        (b'{"image": 3}', JSON, "JSON of another form"),
        (b'{"image": null}', JSON, "JSON of another form"),
        (b'{"url": "x"}', JSON, "JSON of another form"),
        (b'{"image": "eA==", "and": 1}', JSON, "JSON of another form"),
        (b'["eA=="]', JSON, "JSON of another form"),
        (b'{"image": "eA=="', JSON, "cannot be read"),
        (b'{"image": "eA==", "image": "eA=="}', JSON, "a key stands there twice"),
        (b'{"image": "\xff"}', JSON, "cannot be read"),
        (b'{"a":' * 30_000, JSON, "cannot be read"),
        (b"[" * 60_000, JSON, "cannot be read"),
        (b'{"image": "https://example.org/a.png"}', JSON, "nothing is fetched"),
        (b"http://169.254.169.254/latest", "", "nothing is fetched"),
        (b'{"image": "file:///etc/passwd"}', JSON, "not as base64"),
        (b'{"image": "eA==eA=="}', JSON, "not as base64"),
        (b"data:image/png;base64", "", "without base64"),
        (b"data:" + 400 * b"x" + b",eA==", "", "without base64"),
        (b"data:image/png,%89PNG", "", "without base64"),
        (b"data:;base64,e", "", "not as base64"),
        (b"\x89PNG\x1aIHDR", LINK, "lost the ends of its lines"),
        (b"a=1&b=2", LINK, "several fields"),
    ],
)
def test_what_holds_no_picture(content: bytes, kind: str, message: str) -> None:
    with pytest.raises(ByhandError, match=message) as error:
        picture_in(content, kind)
    assert str(error.value).startswith("the picture: ")


def test_what_is_in_a_picture_is_not_unpacked_again() -> None:
    twice = base64.b64encode(b"data:;base64,eA==")
    assert picture_in(b"data:;base64," + twice, "") == b"data:;base64,eA=="
    inner = form((file(), b"x"))
    assert picture_in(form((file(), inner), boundary=b"out"), FORM.replace("cut", "out")) == inner


@pytest.mark.parametrize(
    "filler", [b"\r\n--", b"\r\n--cu", b"\r\n--cut", b"\r\n--cut\r\n", b"\r\n\r\n", b"-", b"%", b"="]
)
def test_a_bomb_costs_no_more_than_its_length(filler: bytes) -> None:
    bomb = filler * (2_000_000 // len(filler))
    began = time.process_time()
    for content, kind in (
        (bomb, FORM),
        (b"--cut\r\n" + bomb, FORM),
        (b"a=" + bomb, LINK),
        (b"data:;base64," + bomb, ""),
    ):
        told_of(content, kind)
    assert time.process_time() - began < 1


# Through the server


def test_the_server_takes_a_picture_in_every_way(client: Client, seven: bytes) -> None:
    for content, kind in ways(seven):
        answer = client.post("/api/predict", content=content, headers={"content-type": kind} if kind else {})
        assert answer.json()["digit"] == "7", (content[:100], kind, answer.text)
    assert client.post("/api/predict", files={"image": ("7.png", seven)}).json()["digit"] == "7"


def test_a_large_one_is_unpacked_in_the_process_that_reads_it(
    client: Client, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = png(rng.integers(0, 255, (400, 400), np.uint8))
    assert len(large) > uploads.LONGEST_HEAD * 50
    plain = client.post("/api/read", content=large).json()

    def never(_: bytes, __: str) -> bytes:
        raise AssertionError

    monkeypatch.setattr("byhand.web.api.reader.picture_in", never)
    text = base64.b64encode(large).decode()
    for path in ("/api/read", "/api/predict"):
        assert client.post(path, files={"image": large}).status_code == 200
        assert "2 files" in detail(client.post(path, files={"a": large, "b": large}), 422)
        assert "another form" in detail(client.post(path, json={"url": text}), 422)
    assert client.post("/api/read", json={"image": text}).json() == plain


def test_every_limit_holds_in_every_way(client: Client, seven: bytes) -> None:
    huge = seven[:16] + (30_000).to_bytes(4, "big") * 2 + seven[24:]
    for content, kind in ways(huge):
        said = detail(client.post("/api/predict", content=content, headers={"content-type": kind} if kind else {}), 422)
        assert "too many pixels" in said or "the picture: " in said
    assert "20 MB" in detail(client.post("/api/predict", files={"image": bytes(20_000_000)}), 413)


@pytest.mark.parametrize("path", ["/api/predict", "/api/read"])
def test_what_is_packed_once_more_is_refused(client: Client, path: str) -> None:
    assert "Send it as it is" in detail(client.post(path, content=b"x", headers={"content-encoding": "gzip"}), 415)
    assert detail(client.post(path, content=b"x", headers={"content-encoding": "identity"}), 422)


@pytest.mark.slow
def test_curl_in_every_way(tmp_path: Path, seven: bytes) -> None:
    (tmp_path / "seven.png").write_bytes(seven)
    (tmp_path / "seven.json").write_text(json.dumps({"image": base64.b64encode(seven).decode()}))
    server = Serving(tmp_path)
    commands = (
        ["--data-binary", "@seven.png"],
        ["-F", "image=@seven.png"],
        ["-F", "image=<seven.png"],
        ["-F", "other=1", "-F", "file=@seven.png;filename=x;encoder=base64"],
        ["--json", "@seven.json"],
        ["-d", "@seven.json"],
        ["-H", "Transfer-Encoding: chunked", "-F", "image=@seven.png"],
    )
    try:
        for command in commands:
            curl = ["curl", "-sS", *command, f"{server.address}/api/predict"]
            told = subprocess.run(curl, cwd=tmp_path, capture_output=True, check=True).stdout
            assert json.loads(told)["digit"] == "7", (command, told)
        curl = ["curl", "-sS", "-d", "@seven.png", f"{server.address}/api/predict"]
        told = subprocess.run(curl, cwd=tmp_path, capture_output=True, check=True).stdout
        assert "--data-binary" in json.loads(told)["detail"]
    finally:
        server.stop()
