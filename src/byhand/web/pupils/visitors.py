"""Who asks, where each has a training of their own: a browser by its cookie, a program by the key that it was given.

Neither lets anybody in; that is for the token. They only tell one pupil from another.
"""

import re
import secrets
from typing import Annotated, TypeAlias

from fastapi import Depends, Header, Request, Response

from byhand.web.access import AUTHORITY

COOKIE = "byhand-pupil"  # and the port: a browser sends cookies to every server of a machine
DAY = 24 * 60 * 60  # Seconds for which a browser keeps it: also until it is opened again in the same lesson.
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")

Key: TypeAlias = Annotated[
    str | None, Header(alias="X-Training-Key", description="The key that the training's starter was given.")
]


async def visitor_of(request: Request, key: Key = None) -> str | None:
    """Return who asks; None if that is not said."""
    for name in (request.cookies.get(_cookie(request)), key):
        if name is not None and _NAME.fullmatch(name):
            return name
    return None


Visitor: TypeAlias = Annotated[str | None, Depends(visitor_of)]


def greet(request: Request, response: Response) -> None:
    """Give a browser that has none yet a cookie, by which it is known again."""
    name = _cookie(request)
    if not _NAME.fullmatch(request.cookies.get(name, "")):
        made = secrets.token_urlsafe(16)
        response.set_cookie(name, made, max_age=DAY, httponly=True, samesite="strict", path="")


def _cookie(request: Request) -> str:
    """Return the name of a browser's cookie."""
    address = AUTHORITY.fullmatch(request.headers.get("host", "").lower())
    return f"{COOKIE}-{int((address and address[2]) or 80)}"
