"""Refusals in the form that Direct Line's clients read: `{"error":{"code","message"}}`."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException

from router.adapters import AnyRequest

CODES = {413: "MessageSizeTooBig", 429: "TooManyRequests"}


class Refused(HTTPException):
    """The adapter itself refuses; the text says what to change."""

    def __init__(self, status: int, text: str, code: str = "BadArgument") -> None:
        super().__init__(detail=text, status_code=status)
        self.code = code


def refuse(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Any refusal. A wrong secret is 403 in this protocol; 401 is for none at all."""
    if isinstance(error, Refused):
        return _response(error.status_code, error.code, error.detail)
    refusal = request.app.state.desk.refusal(request, error)
    status = refusal.status
    if status == 401 and "authorization" in request.headers:
        status = 403
    code = CODES.get(status, "BadArgument" if status < 500 else "ServiceError")
    return _response(status, code, refusal.text)


def _response(status: int, code: str, text: str) -> Response[dict[str, Any]]:
    return Response({"error": {"code": code, "message": text}}, status_code=status)
