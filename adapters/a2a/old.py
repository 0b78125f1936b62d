"""0.3 from and to 1.0, by the SDK's own conversions.

Imported where 0.3 is spoken, not before: its types take a quarter of a second.
"""

from __future__ import annotations

from typing import Any

from a2a.compat.v0_3 import conversions, types
from a2a.types import Message, SendMessageRequest


def request_of(params: dict[str, Any]) -> SendMessageRequest:
    """The `params` of message/send. Raises `ValueError` for what is not as 0.3 has it."""
    sent = types.SendMessageRequest(id=0, params=types.MessageSendParams.model_validate(params))
    return conversions.to_core_send_message_request(sent)


def result_of(message: Message) -> dict[str, Any]:
    """What message/send and each event of message/stream return."""
    said = conversions.to_compat_message(message)
    result: dict[str, Any] = said.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result
