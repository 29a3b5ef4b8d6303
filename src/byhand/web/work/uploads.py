"""The picture in what was sent: bytes as they are, a form as browsers and curl -F send it, or base64 in JSON or text.

The whole body is there, and no longer than a body may be; so a form is cut at its boundary, in one pass, and nothing is
kept or believed of the names in it. What is large is unpacked in the process that reads the picture.
"""

import binascii
import re

from byhand.errors import ByhandError
from byhand.files import words
from byhand.images.pictures import NAMELESS
from byhand.sealing.sealed import read_json

FIELD = "image"  # in JSON; in a form any name will do
MOST_PARTS = 20  # of a form, ...
LONGEST_HEAD = 2000  # ... and bytes of what stands before each one's content
LONGEST_KIND = 300  # characters of a content type
PNG = b"\x89PNG"

_BEGINNING = 60  # Bytes by which a text is known: fewer than a line of base64 has.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_KNOWN_BASE64 = (b"iVBORw0KGgo", b"/9j/", b"R0lGOD", b"UklGR")  # as PNG, JPEG, GIF and WEBP begin in it
_TEXT = re.compile(rb"[ -~]+")
_OBJECT = re.compile(rb'\{\s*["}]')
_FILE = re.compile(rb"^content-disposition:.*;\s*filename\*?\s*=", re.IGNORECASE | re.MULTILINE)
_IN_BASE64 = re.compile(rb"^content-transfer-encoding:\s*base64\s*$", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))', re.IGNORECASE)
_FORM_IN_A_LINK = re.compile(rb"[A-Za-z0-9_.%-]{1,100}=")


def picture_in(content: bytes, kind: str) -> bytes:
    """Return the picture in what was sent.

    Parameters
    ----------
    content
        All that was sent.
    kind
        Its content type. It counts where it says that there is a form; else it is known by how it begins, since many
        programs send the wrong one: `curl --data-binary` says that every picture is a form in a link.

    Raises
    ------
    ByhandError
        If there is a form or a text without a picture.
    """
    name = kind.partition(";")[0].strip().lower()
    if name.startswith("multipart/"):
        return _in_form(content, kind)
    start = content[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _OBJECT.match(start) or (_is_json(name) and start.startswith((b'"', b"["))):
        return _from_text(_in_json(content))
    if name == "application/x-www-form-urlencoded":
        if start.startswith(PNG) and not start.startswith(PNG + b"\r\n"):
            raise _fault("lost the ends of its lines on its way. Send it by curl --data-binary, or -F image=@FILE.")
        if _FORM_IN_A_LINK.match(start):
            return _from_text(_in_link(content))
    return _plain_or_text(content, _BASE64 if name == "text/plain" else None)


def _fault(said: str) -> ByhandError:
    """Return what is wrong with the picture as an error."""
    return ByhandError(f"{NAMELESS}: {said}")


def _is_json(name: str) -> bool:
    """Tell whether a content type is JSON."""
    return name.endswith(("/json", "+json"))


def _plain_or_text(content: bytes, text: re.Pattern[bytes] | None) -> bytes:
    """Return a picture as it is, or from the text that it is if it begins as one does."""
    start = content[:_BEGINNING].lstrip(b"\xef\xbb\xbf").strip()
    is_link = start.lower().startswith((b"data:", b"http://", b"https://"))
    if is_link or start.startswith(_KNOWN_BASE64) or (text is not None and text.fullmatch(start)):
        return _from_text(content)
    return content


def _from_text(text: bytes) -> bytes:
    """Return the picture that a text holds: base64, or a link that holds all of it."""
    text = text.lstrip(b"\xef\xbb\xbf").strip()
    start = text[:_BEGINNING].lower()
    if start.startswith((b"http://", b"https://")):
        raise _fault("is only named by an address, and nothing is fetched from elsewhere. Send the picture itself.")
    if not start.startswith(b"data:"):
        return _from_base64(text)
    head, comma, data = text.partition(b",")
    if not comma or not re.search(rb";\s*base64\s*$", head[:LONGEST_KIND], re.IGNORECASE):
        raise _fault("is a link without base64: data:image/png;base64, must come before it.")
    return _from_base64(data)


def _from_base64(text: bytes) -> bytes:
    """Return what base64 stands for, also that of links, in lines, and without its last signs."""
    packed = _unescaped(text, b"+/=\r\n").translate(bytes.maketrans(b"-_", b"+/"), b" \t\r\n").rstrip(b"=")
    try:
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4), strict_mode=True)
    except binascii.Error:
        raise _fault(
            "is sent as a text, but not as base64 that can be read. (With curl -F, the name of a file takes an @ "
            "before it.)"
        ) from None


def _unescaped(text: bytes, signs: bytes) -> bytes:
    """Return a text with some signs that were escaped as they were; to undo all that may be takes seconds."""
    if b"%" in text:
        for sign in signs:
            for code in (b"%%%02X" % sign, b"%%%02x" % sign):
                text = text.replace(code, bytes((sign,)))
    return text


def _in_json(content: bytes) -> bytes:
    """Return the text of a picture in JSON: an object with one field, or the text alone."""
    advice = f'Send {{"{FIELD}": "data:image/png;base64,…"}}, or base64 alone in that place.'
    try:
        text = content.decode("utf-8-sig")
        said = read_json(text if text.lstrip().startswith("{") else f'{{"{FIELD}": {text}}}')
    except (ValueError, RecursionError) as error:
        raise _fault(f"is sent in JSON that cannot be read ({words(error)}). {advice}") from None
    value = said.get(FIELD)
    if len(said) != 1 or not isinstance(value, str):
        raise _fault(f"is sent in JSON of another form. {advice}")
    return value.encode("utf-8", "replace")


def _in_link(content: bytes) -> bytes:
    """Return the text of a picture in a form that was written as a link, as curl -d does."""
    if b"&" in content:
        raise _fault("is sent in a form with several fields. Send it alone: curl -F image=@FILE.")
    text = content.partition(b"=")[2].replace(b" ", b"+")
    return _unescaped(text[:LONGEST_KIND], b":/;,= ") + text[LONGEST_KIND:]


def _in_form(content: bytes, kind: str) -> bytes:
    """Return the picture in a form, whatever it is called there: the only file, or else the only field."""
    parts = _parts(content, kind)
    files = [part for part in parts if _FILE.search(part[0])]
    if len(files) > 1 and any(body for _, body in files):
        raise _fault(f"is one of {len(files)} files, and one is read at a time. Send each of them in a request alone.")
    if not files and len(parts) != 1:
        raise _fault(f"is none of the {len(parts)} fields of this form. Send it as a file: curl -F image=@FILE.")
    head, body = (files or parts)[0]
    if files and not body:
        raise _fault("is an empty file, or none was chosen.")
    if _IN_BASE64.search(head):
        return _from_base64(body)
    return _plain_or_text(body, None if files else _TEXT)


def _parts(content: bytes, kind: str) -> list[tuple[bytes, bytes]]:
    """Return the parts of a form: what stands before the content of each, and the content."""
    boundary = _boundary(kind)
    if boundary is None:
        raise _fault(
            "is sent as multipart/form-data without a boundary. Leave the content type to your program: curl -F and "
            "fetch with FormData know it."
        )
    pieces = content.split(b"\r\n--" + boundary, MOST_PARTS + 1)
    if pieces[0].startswith(b"--" + boundary):
        pieces[0] = pieces[0][len(boundary) + 2 :]
    else:
        del pieces[0]  # what stands before the first part, and means nothing
    parts: list[tuple[bytes, bytes]] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            return parts
        if len(parts) == MOST_PARTS:
            raise _fault(f"is sent in a form with more than {MOST_PARTS} parts. Send it alone.")
        end = piece.find(b"\r\n\r\n", 0, LONGEST_HEAD)
        if end < 0 or not piece[: end + 2].lstrip(b" \t").startswith(b"\r\n"):
            break
        parts.append((piece[:end].strip(), piece[end + 4 :]))
    raise _fault("is sent in a form that is damaged, or breaks off before its end. Send it once more.")


def _boundary(kind: str) -> bytes | None:
    """Return what stands between the parts of a form, if its content type says so."""
    said = _BOUNDARY.search(kind[:LONGEST_KIND])
    boundary = (said[1] or said[2]).rstrip() if said else ""
    return boundary.encode("latin-1", "replace") or None
