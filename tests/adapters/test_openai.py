"""OpenAI's own Python client, unmodified, asks the demo's bots."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.adapters.conftest import ANSWERED, CRISIS, NAVS, VAGUE

Messages = list[Any]


@pytest.fixture
def client(demo_server: str, partner_key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{demo_server}/adapters/openai/v1", api_key=partner_key)


def said(client: openai.OpenAI, messages: Messages, text: str, model: str = "bergen") -> Any:
    """Asks; the history grows by the question and the answer. Returns the whole reply."""
    messages.append({"role": "user", "content": text})
    done = client.chat.completions.create(model=model, messages=messages)
    message = done.choices[0].message
    messages.append({"role": "assistant", "content": message.content})
    return message.model_extra["samsvar"]


def test_answers(client: openai.OpenAI) -> None:
    messages: Messages = [{"role": "system", "content": "You are helpful."}]
    reply = said(client, messages, ANSWERED)
    assert reply["outcome"]["type"] == "answered"
    assert reply["body"]["name"] == "Bergen kommune"
    assert reply["text"] in messages[-1]["content"]
    assert all(source["url"] in messages[-1]["content"] for source in reply["sources"])


def test_asks_what_was_meant_and_understands_the_number(client: openai.OpenAI) -> None:
    messages: Messages = []
    reply = said(client, messages, VAGUE)
    assert reply["outcome"]["type"] == "clarify"
    assert f"1. {reply['options'][0]['label']}" in messages[-1]["content"]
    assert said(client, messages, "1")["outcome"]["type"] == "answered"


def test_two_visitors_who_begin_alike_each_have_their_own_conversation(
    client: openai.OpenAI,
) -> None:
    one: Messages = []
    other: Messages = []
    options = said(client, one, VAGUE)["options"]
    said(client, other, VAGUE)
    first = said(client, one, options[0]["label"])
    second = said(client, other, options[1]["label"])
    assert first["outcome"]["type"] == second["outcome"]["type"] == "answered"
    assert first["outcome"]["entry"] != second["outcome"]["entry"]


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


def test_lists_the_bodies_as_models(client: openai.OpenAI) -> None:
    assert {"bergen", "nav"} <= {model.id for model in client.models.list()}


def test_refuses_in_the_clients_own_form(client: openai.OpenAI, demo_server: str) -> None:
    with pytest.raises(openai.NotFoundError, match="nowhere"):
        said(client, [], ANSWERED, "nowhere")
    with pytest.raises(openai.BadRequestError, match="empty"):
        said(client, [], "  ")
    with pytest.raises(openai.BadRequestError, match="last message"):
        client.chat.completions.create(
            model="bergen", messages=[{"role": "assistant", "content": "Hei"}]
        )
    stranger = client.with_options(api_key="smsv_wrong")
    with pytest.raises(openai.AuthenticationError, match="unknown or revoked"):
        said(stranger, [], ANSWERED)
