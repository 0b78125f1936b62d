"""Another body's bot in the widget: it answers under its name, and the way back is in sight.

The demo's Bergen refers to Statens vegvesen, whose bot is one that speaks Rasa's protocol here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_widget import TARGET_PIXELS_MIN, Chat, violations
from tests.conftest import ADMIN_KEY
from tests.waiting import PATIENCE_S

LICENCE = "Hvordan fornyer jeg førerkortet?"
FOLLOW_UP = "og hvis jeg er over 80 år?"
BINS = "når hentes søpla?"
BUTTONS = [{"title": "Over 80 år", "payload": "/over80"}, {"title": "Nei", "payload": "/nei"}]


class Bot(BaseHTTPRequestHandler):
    """Asks back once, and answers everything else."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"recipient_id": asked["sender"], "text": "Det gjør du på nettet."}
        if asked["message"] == FOLLOW_UP:
            message |= {"text": "Er du over 80?", "buttons": BUTTONS}
        content = json.dumps([message]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def chat(page: Page, demo_server: str) -> Iterator[Chat]:
    """Bergen's front page, and Statens vegvesen's bot connected."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Bot) as bot:
        threading.Thread(target=bot.serve_forever, daemon=True).start()
        connection = f"{demo_server}/v1/connections/vegvesen"
        key = {"Authorization": f"Bearer {ADMIN_KEY}"}
        wanted = {"adapter": "rasa", "address": f"http://127.0.0.1:{bot.server_port}"}
        httpx.put(connection, json=wanted, headers=key, timeout=PATIENCE_S).raise_for_status()
        page.goto(f"{demo_server}/demo/bergen")
        yield Chat(page)
        httpx.delete(connection, headers=key, timeout=PATIENCE_S).raise_for_status()
        bot.shutdown()


def guest(chat: Chat) -> Locator:
    """The bar that says who speaks."""
    return chat.panel.locator(".guest")


def test_the_partner_speaks_until_the_visitor_goes_back(chat: Chat) -> None:
    chat.open()
    expect(guest(chat)).to_be_hidden()
    reply = chat.ask(LICENCE)
    expect(reply.locator(".who")).to_have_text("Statens vegvesen svarer")
    expect(reply).to_contain_text("Det gjør du på nettet.")
    expect(guest(chat)).to_contain_text("Du snakker med Statens vegvesen")
    expect(chat.human).to_be_visible()
    asked_back = chat.ask(FOLLOW_UP)
    asked_back.get_by_role("button", name="Over 80 år").click()
    expect(chat.replies).to_have_count(4)
    expect(guest(chat)).to_be_visible()
    back = guest(chat).get_by_role("button", name="Tilbake til Bergen")
    box = back.bounding_box()
    assert box is not None and box["height"] >= TARGET_PIXELS_MIN
    back.click()
    expect(chat.replies).to_have_count(5)
    expect(chat.replies.last.locator(".who")).to_have_text("Bergen kommune")
    expect(guest(chat)).to_be_hidden()


def test_another_subject_brings_the_visitor_back(chat: Chat) -> None:
    chat.open().ask(LICENCE)
    expect(guest(chat)).to_be_visible()
    expect(chat.ask(BINS).locator(".who")).to_have_text("Bergen kommune")
    expect(guest(chat)).to_be_hidden()


def test_it_is_there_after_a_reload_and_without_barriers(chat: Chat) -> None:
    # Colours are measured while the panel rises otherwise.
    chat.page.emulate_media(reduced_motion="reduce")
    chat.open().ask(LICENCE)
    chat.page.reload()
    expect(chat.replies).to_have_count(2)
    expect(guest(chat)).to_contain_text("Du snakker med Statens vegvesen")
    assert violations(chat.page) == ""
