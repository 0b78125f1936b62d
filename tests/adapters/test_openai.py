"""OpenAI's own Python client, unmodified, asks the demo's bots."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, NAVS, UNANSWERED, VAGUE
from tests.conftest import ADMIN_KEY
from tests.waiting import PATIENCE_S

Messages = list[Any]


@pytest.fixture
def client(demo_server: str, partner_key: str) -> openai.OpenAI:
    base_url = f"{demo_server}/adapters/openai/v1"
    return openai.OpenAI(base_url=base_url, api_key=partner_key, max_retries=0)


def said(
    client: openai.OpenAI, messages: Messages, text: str, model: str = "bergen", user: str = ""
) -> Any:
    """Asks; the history grows by the question and the answer. Returns the whole reply."""
    messages.append({"role": "user", "content": text})
    done = client.chat.completions.create(model=model, messages=messages, user=user)
    message = done.choices[0].message
    messages.append({"role": "assistant", "content": message.content})
    return message.model_extra["samsvar"]


def test_answers_with_its_sources(client: openai.OpenAI) -> None:
    question: Messages = [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": ANSWERED},
    ]
    done = client.chat.completions.create(model="bergen", messages=question, temperature=0)
    message = done.choices[0].message
    assert message.content is not None and message.model_extra is not None
    reply = message.model_extra["samsvar"]
    assert reply["outcome"]["type"] == "answered"
    assert reply["body"]["name"] == "Bergen kommune"
    assert reply["text"] in message.content
    for annotation, source in zip(message.annotations or [], reply["sources"], strict=True):
        cited = annotation.url_citation
        assert (cited.title, cited.url) == (source["title"], source["url"])
        assert source["url"] in message.content[cited.start_index : cited.end_index]
    assert reply["sources"]
    assert (done.choices[0].finish_reason, done.model) == ("stop", "bergen")
    assert done.usage is not None and done.usage.total_tokens == 0
    assert (done._request_id or "").startswith("req_")


def test_asks_what_was_meant_and_understands_the_number(client: openai.OpenAI) -> None:
    messages: Messages = []
    reply = said(client, messages, VAGUE)
    assert reply["outcome"]["type"] == "clarify"
    assert f"1. {reply['options'][0]['label']}" in messages[-1]["content"]
    assert said(client, messages, "1")["outcome"]["type"] == "answered"


def test_an_option_may_be_named_by_its_id(client: openai.OpenAI) -> None:
    messages: Messages = []
    options = said(client, messages, VAGUE)["options"]
    messages.append({"role": "user", "content": ""})
    done = client.chat.completions.create(
        model="bergen", messages=messages, extra_body={"choice": options[0]["id"]}
    )
    reply = done.choices[0].message.model_extra["samsvar"]  # type: ignore[index]
    assert reply["outcome"]["type"] == "answered"


def test_two_visitors_who_begin_alike_each_have_their_own_conversation(
    client: openai.OpenAI,
) -> None:
    one: Messages = []
    other: Messages = []
    options = said(client, one, VAGUE)["options"]
    said(client, other, VAGUE)
    first = said(client, one, options[0]["label"])
    second = said(client, other, "2")
    assert first["outcome"]["type"] == "answered"
    assert second["text"] != first["text"]
    assert (first["turn"], second["turn"]) == (4, 2)


def test_visitors_who_have_names_are_told_apart(client: openai.OpenAI) -> None:
    kari: Messages = []
    ola: Messages = []
    said(client, kari, VAGUE, user="kari")
    said(client, ola, VAGUE, user="ola")
    chosen = [said(client, kari, "1", user="kari"), said(client, ola, "2", user="ola")]
    assert [reply["turn"] for reply in chosen] == [4, 4]


def test_goes_on_in_the_same_conversation(client: openai.OpenAI) -> None:
    messages: Messages = []
    turns = [said(client, messages, text)["turn"] for text in (ANSWERED, FOLLOW_UP, CRISIS)]
    assert turns == [2, 4, 6]


def test_says_that_nobody_knows_and_offers_a_human(client: openai.OpenAI) -> None:
    messages: Messages = []
    reply = said(client, messages, UNANSWERED)
    assert reply["outcome"]["type"] == "unanswered"
    assert said(client, messages, "1")["outcome"]["type"] == "handover"
    assert "55 50 00 10" in messages[-1]["content"]


def test_anothers_question_is_answered_in_its_name(client: openai.OpenAI) -> None:
    messages: Messages = []
    reply = said(client, messages, NAVS)
    assert (reply["outcome"]["type"], reply["outcome"]["body"]) == ("referred", "nav")
    assert "NAV" in messages[-1]["content"]


def test_a_crisis_gets_the_numbers_to_call(client: openai.OpenAI) -> None:
    messages: Messages = []
    reply = said(client, messages, CRISIS)
    assert reply["outcome"]["type"] == "crisis"
    assert "116 123" in messages[-1]["content"]


def test_streams_the_same_words(client: openai.OpenAI) -> None:
    question: Messages = [{"role": "user", "content": ANSWERED}]
    whole = client.chat.completions.create(model="bergen", messages=question)
    parts = list(client.chat.completions.create(model="bergen", messages=question, stream=True))
    text = "".join(part.choices[0].delta.content or "" for part in parts)
    assert len(parts) > 5
    assert text == whole.choices[0].message.content
    assert parts[-1].choices[0].finish_reason == "stop"
    assert {part.id for part in parts} == {parts[0].id}
    last = parts[-1].choices[0].delta.model_extra
    assert last is not None and last["samsvar"]["outcome"]["type"] == "answered"


def test_a_stream_ends_with_what_was_used_for_those_who_want_it(client: openai.OpenAI) -> None:
    parts = list(
        client.chat.completions.create(
            model="bergen",
            messages=[{"role": "user", "content": ANSWERED}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert parts[-1].choices == [] and parts[-1].usage is not None
    assert all(part.usage is None and part.choices for part in parts[:-1])


def test_the_clients_own_stream_gathers_the_message(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="bergen", messages=[{"role": "user", "content": ANSWERED}]
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.content is not None and "barnehage" in message.content


async def test_the_asynchronous_client_asks_too(demo_server: str, partner_key: str) -> None:
    base_url = f"{demo_server}/adapters/openai/v1"
    async with openai.AsyncOpenAI(base_url=base_url, api_key=partner_key) as client:
        done = await client.chat.completions.create(
            model="asker", messages=[{"role": "user", "content": ANSWERED}]
        )
    assert done.choices[0].message.content


def test_lists_the_bodies_as_models(client: openai.OpenAI) -> None:
    assert {"bergen", "nav"} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("bergen").owned_by == "Bergen kommune"
    with pytest.raises(openai.NotFoundError, match="nowhere"):
        client.models.retrieve("nowhere")


def test_reads_parts_of_text_and_what_tools_said_not(client: openai.OpenAI) -> None:
    parts = [{"type": "text", "text": "Hvordan søker jeg om"}, {"type": "text", "text": "SFO?"}]
    history: Messages = [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": parts},
    ]
    called = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history += [
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "content": "done", "tool_call_id": "c1"},
        {"role": "user", "content": ANSWERED},
    ]
    tool: Any = {"type": "function", "function": {"name": "f"}}
    done = client.chat.completions.create(model="bergen", messages=history, tools=[tool])
    assert done.choices[0].message.model_extra is not None
    assert done.choices[0].message.model_extra["samsvar"]["outcome"]["type"] == "answered"
    assert done.choices[0].message.tool_calls is None


def test_a_long_history_is_no_hindrance(client: openai.OpenAI) -> None:
    history: Messages = []
    for number in range(300):
        history.append({"role": "user", "content": f"{number} {'x' * 1000}"})
        history.append({"role": "assistant", "content": "y" * 1000})
    assert said(client, history, ANSWERED)["outcome"]["type"] == "answered"
    with pytest.raises(openai.APIStatusError) as error:
        said(client, [*history, *history], ANSWERED)
    assert error.value.status_code == 413


def test_refuses_in_the_clients_own_form(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=r"nowhere.*lists them") as unknown:
        said(client, [], ANSWERED, "nowhere")
    assert unknown.value.code == "model_not_found"
    assert (unknown.value.request_id or "").startswith("req_")
    with pytest.raises(openai.BadRequestError, match="empty"):
        said(client, [], "  ")
    with pytest.raises(openai.BadRequestError, match="at most 1000"):
        said(client, [], "x" * 1001)
    with pytest.raises(openai.BadRequestError, match="last message"):
        client.chat.completions.create(
            model="bergen", messages=[{"role": "assistant", "content": "Hei"}]
        )
    stranger = client.with_options(api_key="smsv_wrong")
    with pytest.raises(openai.AuthenticationError, match="unknown or revoked") as wrong:
        said(stranger, [], ANSWERED)
    assert wrong.value.code == "invalid_api_key"
    with pytest.raises(openai.AuthenticationError):
        stranger.models.list()


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"n": 2}, "`n` must be 1"),
        ({"response_format": {"type": "json_object"}}, "must be text"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "type image_url: only text"),
        ({"messages": []}, "length >= 1"),
        ({"messages": "hei"}, "Expected `array`"),
        ({"messages": [{"role": "king", "content": "hei"}]}, "king"),
        ({"model": 5}, "Expected `str`"),
        ({"stream": "yes"}, "Expected `bool"),
    ],
)
def test_refuses_what_it_cannot_do(client: openai.OpenAI, fields: Any, why: str) -> None:
    asked = {"model": "bergen", "messages": [{"role": "user", "content": ANSWERED}]}
    with pytest.raises(openai.BadRequestError, match=why):
        client.chat.completions.create(**(asked | fields))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"5", b'{"model":"bergen"}', b"\xff\xfe", b"[" * 50_000],
)
def test_what_is_no_request_is_refused_too(demo_server: str, content: bytes) -> None:
    answer = httpx.post(
        f"{demo_server}/adapters/openai/v1/chat/completions",
        content=content,
        headers={"Content-Type": "application/json"},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_half_a_character_does_no_harm(demo_server: str) -> None:
    answer = httpx.post(
        f"{demo_server}/adapters/openai/v1/chat/completions",
        content=b'{"model":"\\ud800","messages":[{"role":"user","content":"hei \\udc00"}]}',
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {ADMIN_KEY}"},
        timeout=PATIENCE_S,
    )
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]
