"""JSON-RPC of both versions: the calls there are, their results and errors."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
from a2a.types import Message, SendMessageRequest
from a2a.utils import errors
from a2a.utils.error_handlers import build_error_details
from a2a.utils.proto_utils import parse_lenient, validate_proto_required_fields
from google.protobuf import json_format

NEW, OLD = "1.0", "0.3"

# What the SDK and its parsers raise for parameters of a wrong shape.
MALFORMED = (json_format.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Method(NamedTuple):
    """`refusal` is the answer of those that we do not have."""

    version: str
    streamed: bool = False
    refusal: type[errors.A2AError] | None = None


NO_TASK = errors.TaskNotFoundError
NO_PUSH = errors.PushNotificationNotSupportedError
NO_SUCH = errors.UnsupportedOperationError

METHODS = {
    "SendMessage": Method(NEW),
    "SendStreamingMessage": Method(NEW, streamed=True),
    "GetTask": Method(NEW, refusal=NO_TASK),
    "CancelTask": Method(NEW, refusal=NO_TASK),
    "SubscribeToTask": Method(NEW, refusal=NO_TASK),
    "ListTasks": Method(NEW, refusal=NO_SUCH),
    "GetExtendedAgentCard": Method(NEW, refusal=NO_SUCH),
    "CreateTaskPushNotificationConfig": Method(NEW, refusal=NO_PUSH),
    "GetTaskPushNotificationConfig": Method(NEW, refusal=NO_PUSH),
    "ListTaskPushNotificationConfigs": Method(NEW, refusal=NO_PUSH),
    "DeleteTaskPushNotificationConfig": Method(NEW, refusal=NO_PUSH),
    "message/send": Method(OLD),
    "message/stream": Method(OLD, streamed=True),
    "tasks/get": Method(OLD, refusal=NO_TASK),
    "tasks/cancel": Method(OLD, refusal=NO_TASK),
    "tasks/resubscribe": Method(OLD, refusal=NO_TASK),
    "tasks/pushNotificationConfig/set": Method(OLD, refusal=NO_PUSH),
    "tasks/pushNotificationConfig/get": Method(OLD, refusal=NO_PUSH),
    "tasks/pushNotificationConfig/list": Method(OLD, refusal=NO_PUSH),
    "tasks/pushNotificationConfig/delete": Method(OLD, refusal=NO_PUSH),
    "agent/getAuthenticatedExtendedCard": Method(OLD, refusal=NO_SUCH),
}


class Call(msgspec.Struct):
    """One JSON-RPC request."""

    jsonrpc: Literal["2.0"]
    method: str
    id: str | int | None = None
    params: dict[str, Any] = {}


def read(raw: bytes) -> Call:
    """Raises A2A's errors for what is no JSON, or no request."""
    try:
        return msgspec.json.decode(raw, type=Call)
    except msgspec.ValidationError as error:
        raise errors.InvalidRequestError(f"Not a JSON-RPC 2.0 request: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.JSONParseError from None


def method_of(call: Call, version: str) -> Method:
    """The method that is called. `version` is the one that the caller says it speaks, "" is 0.3."""
    method = METHODS.get(call.method)
    if method is None:
        raise errors.MethodNotFoundError
    check_version(version or OLD, method.version)
    if method.refusal is not None:
        raise method.refusal
    return method


def check_version(said: str, spoken: str) -> None:
    """A later minor version is understood; it may only add."""
    if said.split(".")[0] != spoken.split(".")[0]:
        raise errors.VersionNotSupportedError(
            f"This call is of version {spoken}, and A2A-Version says otherwise. Spoken here are "
            f"{NEW}, and {OLD} without that header."
        )


def request_of(call: Call, method: Method) -> SendMessageRequest:
    """Raises `InvalidParamsError`."""
    try:
        if method.version == OLD:
            from adapters.a2a import old

            request = old.request_of(call.params)
            tenant = call.params.get("tenant")  # not in 0.3, but understood
            request.tenant = tenant if isinstance(tenant, str) else ""
        else:
            request = parse_lenient(call.params, SendMessageRequest())
        validate_proto_required_fields(request)
    except MALFORMED:
        said = f"The params are not those of {call.method} in A2A {method.version}."
        raise errors.InvalidParamsError(said) from None
    return request


def result_of(call: Call, method: Method, message: Message) -> dict[str, Any]:
    """The response: a whole one, and each event of a stream."""
    result: dict[str, Any]
    if method.version == OLD:
        from adapters.a2a import old

        result = old.result_of(message)
    else:
        result = {"message": json_format.MessageToDict(message)}
    return {"jsonrpc": "2.0", "id": call.id, "result": result}


def error_of(id: str | int | None, error: errors.A2AError) -> dict[str, Any]:
    """The response that is an error."""
    code = errors.JSON_RPC_ERROR_CODE_MAP[type(error)]
    said = {"code": code, "message": error.message, "data": build_error_details(error)}
    return {"jsonrpc": "2.0", "id": id, "error": said}
