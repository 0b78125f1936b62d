"""Notices in a real browser: first in every widget at once, and gone as quickly.

A page that is told asks for nothing; one that looked now and then would.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ADMIN_KEY
from tests.waiting import PATIENCE_S

PATH = "/v1/brains/kommune/broadcasts"


@pytest.fixture
def desk(demo_server: str) -> Iterator[httpx.Client]:
    """Whoever publishes; what is left is withdrawn."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx.Client(base_url=demo_server, headers=headers, timeout=PATIENCE_S) as client:
        yield client
        for one in client.get(PATH).json()["items"]:
            client.delete(f"{PATH}/{one['id']}")


def publish(desk: httpx.Client, text: str, **fields: object) -> str:
    texts = {"nb": text, "nn": f"{text} (nn)", "en": f"{text} (en)"}
    made = desk.post(PATH, json={"texts": texts, **fields})
    assert made.status_code == 201, made.text
    id: str = made.json()["id"]
    return id


def panel(page: Page) -> Locator:
    return page.locator("samsvar-chat").get_by_role("dialog")


def open_chat(page: Page, address: str) -> Locator:
    page.goto(address)
    page.locator("samsvar-chat").get_by_role("button", name="Spør oss").click()
    chat = panel(page)
    expect(chat.locator(".log > .message.bot")).to_have_count(1)
    return chat


def requests_of(page: Page) -> list[str]:
    """What the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def test_an_open_chat_shows_a_notice_and_loses_it_without_asking(
    page: Page, demo_server: str, desk: httpx.Client
) -> None:
    with page.expect_response(lambda response: "/events" in response.url):
        chat = open_chat(page, f"{demo_server}/demo/bergen")
    asked = requests_of(page)
    id = publish(desk, "Kok **vannet**.", level="warning")
    notice = chat.get_by_role("alert").locator(".notice")
    expect(notice).to_contain_text("Kok vannet.")
    assert asked == []
    expect(notice.get_by_role("heading")).to_have_text("Viktig melding")
    first = chat.locator(".notice, .message").first
    assert "notice" in (first.get_attribute("class") or "")
    assert Axe().run(page).violations_count == 0
    asked.clear()
    desk.delete(f"{PATH}/{id}")
    expect(notice).to_have_count(0)
    assert asked == []


def test_a_chat_opened_later_shows_it_and_another_bodys_does_not(
    page: Page, demo_server: str, desk: httpx.Client
) -> None:
    publish(desk, "Rådhuset er stengt.", audience=["bergen"])
    chat = open_chat(page, f"{demo_server}/demo/bergen")
    expect(chat.get_by_role("status").locator(".notice")).to_contain_text("Rådhuset er stengt.")
    chat = open_chat(page, f"{demo_server}/demo/voss")
    page.wait_for_timeout(300)
    expect(chat.locator(".notice")).to_have_count(0)


def test_a_hidden_notice_stays_hidden_until_it_says_something_else(
    page: Page, demo_server: str, desk: httpx.Client
) -> None:
    id = publish(desk, "Det er kø.")
    chat = open_chat(page, f"{demo_server}/demo/bergen")
    chat.get_by_role("button", name="Skjul meldingen").click()
    expect(chat.locator(".notice")).to_have_count(0)
    page.reload()
    expect(chat.locator(".log > .message.bot")).to_have_count(1)
    page.wait_for_timeout(500)
    expect(chat.locator(".notice")).to_have_count(0)
    desk.put(f"{PATH}/{id}", json={"texts": {"nb": "Køen er borte."}})
    expect(chat.locator(".notice")).to_contain_text("Køen er borte.")


def test_its_button_asks_the_question(page: Page, demo_server: str, desk: httpx.Client) -> None:
    publish(desk, "Vannet er stengt.", entry="vann-stengt")
    chat = open_chat(page, f"{demo_server}/demo/bergen")
    chat.locator(".notice .option").click()
    reply = chat.locator('.message.bot[data-outcome="answered"]')
    expect(reply).to_have_count(1)
    expect(chat.locator(".notice")).to_be_visible()


def test_the_menu_changes_the_language_of_a_running_conversation(
    page: Page, demo_server: str, desk: httpx.Client
) -> None:
    publish(desk, "Det er kø.")
    chat = open_chat(page, f"{demo_server}/demo/bergen")
    chat.locator("textarea#input").fill("når kan jeg søke barnehageplass")
    chat.locator("textarea#input").press("Enter")
    expect(chat.locator('.message.bot[data-outcome="answered"]')).to_have_count(1)
    chat.get_by_role("button", name="Flere valg").click()
    chat.get_by_role("button", name="English").click()
    expect(chat.locator(".notice")).to_contain_text("Det er kø. (en)")
    expect(chat.locator(".visitor")).to_have_count(1)
    expect(chat.get_by_label("Write your question")).to_be_visible()
    chat.locator("textarea#input").fill("SFO")
    chat.locator("textarea#input").press("Enter")
    last = chat.locator(".log > .message.bot").last
    expect(last.locator(".prose").first).to_have_attribute("lang", "en")
