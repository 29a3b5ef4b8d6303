"""What a person sees instead of a page that there is not: the reason as a page of its own, where programs get JSON."""

import base64
import hashlib
import html
from http import HTTPStatus

STYLE = (
    ":root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;align-content:center;"
    "justify-items:center;background:light-dark(#fbf9f4,#16171a);color:light-dark(#211e1a,#ece7dd);"
    "font:1.125rem/1.5 system-ui,sans-serif}main{max-width:34rem;padding:1.5rem}"
    "h1{font:600 1.75rem/1.2 Georgia,serif}b{font:italic 600 1.25rem Georgia,serif}p{overflow-wrap:anywhere}"
)
# No other style is taken: whoever has no token gets no file of the page, so this one stands in the notice itself.
STYLE_SOURCE = "'sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode() + "'"
MEDIA_TYPE = "text/html; charset=utf-8"
TITLES = {401: "This page needs its whole link", 404: "There is nothing here"}
WORDS = {
    401: "It is shared by a link that holds a token, which is missing here, or is an old one. Ask whoever shared it "
    "for the whole link, or scan the code that they see under \u201cShare\u201d. Whoever runs byhand finds the link in "
    "the terminal, and can add ?token= and the token to the address."
}


def wants_page(method: str, accepted: bytes) -> bool:
    """Tell whether a request is a person's, who opens an address in a browser."""
    return method == "GET" and b"text/html" in accepted.lower()


def notice(status: int, sentence: str) -> bytes:
    """Return a page that says why there is no other one.

    Parameters
    ----------
    status
        Of HTTP.
    sentence
        What programs are told; people read it where there are no better words for them.
    """
    title = TITLES.get(status, HTTPStatus(status).phrase)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} · byhand</title>
<style>{STYLE}</style>
</head>
<body><main><b>byhand</b><h1>{html.escape(title)}</h1><p>{html.escape(WORDS.get(status, sentence))}</p></main></body>
</html>
""".encode()
