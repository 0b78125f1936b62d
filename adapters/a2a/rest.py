"""HTTP+JSON, the other binding of 1.0: its messages, results and errors."""

from __future__ import annotations

from typing import Any

from a2a.types import Message, SendMessageRequest
from a2a.utils import errors
from a2a.utils.error_handlers import build_rest_error_payload
from a2a.utils.proto_utils import parse_lenient, validate_proto_required_fields
from google.protobuf import json_format

from adapters.a2a import rpc

MEDIA_TYPE = "application/a2a+json"


def request_of(raw: bytes, version: str) -> SendMessageRequest:
    """Raises `InvalidParamsError`, and `VersionNotSupportedError` for a caller of 0.3."""
    rpc.check_version(version or rpc.OLD, rpc.NEW)
    try:
        request = parse_lenient(raw, SendMessageRequest())
        validate_proto_required_fields(request)
    except rpc.MALFORMED:
        raise errors.InvalidParamsError("Not a SendMessageRequest in JSON.") from None
    return request


def result_of(message: Message) -> dict[str, Any]:
    """The response: a whole one, and the event of a stream."""
    return {"message": json_format.MessageToDict(message)}


def refusal_of(path: str) -> errors.A2AError:
    """The answer to the rest of the binding: there are no tasks, no push, no other card."""
    if "/pushNotificationConfigs" in path:
        return rpc.NO_PUSH()
    return rpc.NO_TASK() if "/tasks/" in path else rpc.NO_SUCH()


def error_of(error: errors.A2AError) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the response."""
    return errors.A2A_ERROR_MAPPING[type(error)].http_code, build_rest_error_payload(error)
