"""NAV's own chatbot front end, unmodified, in a real browser, talking to the demo's bot.

It is a page of another site than the service's, which Bergen has listed. The clock is wound on
where the chatbot pretends to type.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, JS, NAVS, UNANSWERED, VAGUE
from tests.browser.conftest import new_context
from tests.waiting import PATIENCE_S, until_now

TYPING_MS_MAX = 6_000
PAGE = """<!doctype html><html lang="nb"><meta charset="utf-8"><title>Bergen</title>
<div id="root" data-boost-api-url-base="{address}"></div><script src="page.js"></script></html>"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site(
    demo_server: str,
    demo_environment: dict[str, str],
    node_modules: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A page of Bergen's with the chatbot on it. Bergen's administrator has listed its origin."""
    folder = tmp_path_factory.mktemp("site")
    bundle = [node_modules / ".bin" / "esbuild", "nav-chatbot.js", "--bundle", "--log-level=error"]
    bundle += ['--define:process.env.NODE_ENV="production"', "--loader:.less=empty"]
    subprocess.run([*bundle, f"--outfile={folder / 'page.js'}"], cwd=JS, check=True)
    page = PAGE.format(address=f"{demo_server}/adapters/boost/bergen/api/chat/v2")
    (folder / "index.html").write_text(page, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://localhost:{server.server_port}"
    _list_origin(origin, demo_server, demo_environment)
    yield f"{origin}/"
    server.shutdown()
    server.server_close()


def _list_origin(origin: str, demo_server: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "router.cli", "bodies", "add", "bergen"]
    command += ["--name", "Bergen kommune", "--origin", origin]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE_S)
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    url = f"{demo_server}/adapters/boost/bergen"
    until_now(lambda: httpx.options(url, headers=asked, timeout=PATIENCE_S).status_code == 204)


class Chatbot:
    """The front end as a visitor uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log")
        self.input = page.locator("textarea[name=message]")

    def open(self) -> Chatbot:
        self.page.locator("#chatbot-frida-knapp").click()
        self.after(self.page.get_by_role("button", name="Ja, jeg forstår").click)
        return self

    def ask(self, text: str) -> Locator:
        """Types and sends; returns the reply."""
        self.input.fill(text)
        return self.after(lambda: self.input.press("Enter"))

    def press(self, button: str) -> Locator:
        return self.after(self.log.get_by_text(button, exact=True).last.click)

    def after(self, action: Callable[[], None]) -> Locator:
        """The last thing said after what `action` sends, once it is typed."""
        with self.page.expect_response(lambda one: one.request.method == "POST") as answered:
            action()
        assert answered.value.ok, answered.value.text()
        response = answered.value.json().get("response")
        if response is not None:  # it has come; now it is on the page
            expect(self.log.locator("> div")).not_to_have_count(0)
        self.page.clock.run_for(TYPING_MS_MAX)
        return self.log.locator("> div").last


@pytest.fixture(scope="module")
def chatbot(browser: Browser, site: str) -> Iterator[Chatbot]:
    """One visitor's, who asks about this and that."""
    context = new_context(browser)
    yield opened(context.new_page(), site)
    context.close()


def opened(page: Page, site: str) -> Chatbot:
    page.clock.install()
    page.goto(site)
    return Chatbot(page).open()


def test_greets_with_what_people_ask_most(chatbot: Chatbot) -> None:
    expect(chatbot.log).to_contain_text("chatboten til Bergen kommune")
    expect(chatbot.press("Legevakt")).to_contain_text("116 117")


def test_answers_with_a_source_and_then_a_follow_up(chatbot: Chatbot) -> None:
    expect(chatbot.ask(ANSWERED)).to_contain_text("Fristen for hovedopptaket")
    expect(chatbot.log.get_by_role("link", name="Barnehageloven")).to_be_visible()
    expect(chatbot.ask(FOLLOW_UP)).to_contain_text("avfall", ignore_case=True)


def test_clarification_is_chosen_from(chatbot: Chatbot) -> None:
    reply = chatbot.ask(VAGUE)
    expect(reply).to_contain_text("Gjelder det noe av dette?")
    expect(chatbot.press("Skolerute og ferier")).to_contain_text("skoleruta")


def test_another_body_answers_in_its_own_name(chatbot: Chatbot) -> None:
    reply = chatbot.ask(NAVS)
    expect(reply.locator("strong").first).to_have_text("NAV")
    expect(reply.get_by_role("link", name="Dagpenger (NAV)")).to_be_visible()


def test_crisis_gets_the_numbers_to_call(chatbot: Chatbot) -> None:
    reply = chatbot.ask(CRISIS)
    expect(reply).to_contain_text("Det finnes hjelp")
    expect(reply.locator('a[href="tel:116123"]').first).to_be_visible()


def test_human_is_offered_where_nobody_knows(chatbot: Chatbot) -> None:
    chatbot.ask(UNANSWERED)
    reply = chatbot.press("Snakk med et menneske")
    expect(reply.locator('a[href="tel:55500010"]').first).to_be_visible()


def test_conversation_is_there_on_the_next_page_until_it_starts_again(
    page: Page, site: str
) -> None:
    chatbot = opened(page, site)
    chatbot.ask(ANSWERED)
    chatbot.page.evaluate("sessionStorage.clear()")
    with chatbot.page.expect_response(lambda one: one.request.method == "POST"):
        chatbot.page.reload()
    expect(chatbot.log).to_contain_text("Fristen for hovedopptaket")
    expect(chatbot.log).to_contain_text(ANSWERED)
    expect(chatbot.log).to_contain_text("chatboten til Bergen kommune")
    with chatbot.page.expect_response(lambda one: "START" in (one.request.post_data or "")):
        chatbot.page.get_by_role("button", name="Start på nytt").click()
    expect(chatbot.log).not_to_contain_text("Fristen for hovedopptaket")
    expect(chatbot.log.locator("> div")).to_have_count(1)
    expect(chatbot.log).to_contain_text("chatboten til Bergen kommune")


def test_thumb_down_is_taken_and_taken_back(chatbot: Chatbot) -> None:
    reply = chatbot.ask(ANSWERED)
    chatbot.after(reply.get_by_role("button", name="Gi tommel ned til dette svaret").click)
    chatbot.after(reply.get_by_role("button", name="Fjern tommel ned fra dette svaret").click)
    expect(reply.get_by_role("button", name="Gi tommel ned")).to_be_visible()
