"""How the whole server describes itself to programs: OpenAPI, with how the token is sent."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from byhand.web.access import OPEN

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token in the link that byhand serve prints, or that was chosen with --token-file.",
}


def describe(app: FastAPI, *, asks: bool) -> Callable[[], dict[str, Any]]:
    """Return what describes an application, and whether it asks for a token."""
    made = app.openapi

    def described() -> dict[str, Any]:
        """Return the description."""
        told = made()
        if asks and "security" not in told:
            told["components"]["securitySchemes"] = {"token": BEARER}
            told["security"] = [{"token": []}]
            for path in OPEN:
                told["paths"][path]["get"]["security"] = []
        return told

    return described
