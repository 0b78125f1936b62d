"""The loop that makes a shared brain worth sharing, in real browsers on a real server.

Three municipalities' visitors ask the same thing in three languages, a curator
answers it once in the console, and a fourth municipality never has to report it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import new_context
from tests.browser.console import add_person, signed_in
from tests.browser.test_widget import Chat, outcome

ASKED = {
    "bergen": "Hvor kan jeg spille padel i kommunen?",
    "voss": "Kvar kan eg spele padel i kommunen?",
    "asker": "Where can I play padel?",
}
SOMETHING_ELSE = re.compile("Nei, noe annet|Nei, noko anna|No, something else")
LATER = "Kan jeg spille padel her?"
ANSWERS = {
    "nb": "Du kan spille padel i idrettsparken. Banen bestiller du i en app.",
    "nn": "Du kan spele padel i idrettsparken. Bana bestiller du i ein app.",
    "en": "You can play padel in the sports park. Book the court in an app.",
}


@pytest.fixture(scope="module")
def curator(browser: Browser, demo_server: str, demo_environment: dict[str, str]) -> Iterator[Page]:
    link = add_person(
        demo_environment, "kari@samsvar.example", "Kari", "curator", "--brain", "kommune"
    )
    page = signed_in(browser, demo_server, link)
    yield page
    page.context.close()


def test_the_list_is_worked_on_without_a_mouse_and_taken_back(
    demo_server: str, curator: Page
) -> None:
    curator.goto(f"{demo_server}/console/brains/kommune/gaps")
    count = curator.locator("#gap-list [data-item]").count()
    titles = curator.locator("#gap-list .list-title").all_inner_texts()[:2]
    for key in ("j", "x", "j", "x"):
        curator.keyboard.press(key)
    expect(curator.locator("[data-chosen]")).to_have_text("2")
    curator.locator("#chosen summary", has_text="Utsett").focus()
    curator.keyboard.press("Enter")
    curator.get_by_role("button", name="Utsett", exact=True).last.focus()
    curator.keyboard.press("Enter")
    expect(curator.locator("#flashes")).to_contain_text("2 spørsmål er utsatt")
    for title in titles:
        expect(curator.locator("#gap-list")).not_to_contain_text(title)
    curator.get_by_role("button", name="Angre").focus()
    curator.keyboard.press("Enter")
    expect(curator.locator("#gap-list [data-item]")).to_have_count(count)


def test_what_is_written_outlives_the_session(demo_server: str, curator: Page) -> None:
    curator.goto(f"{demo_server}/console/brains/kommune/gaps")
    curator.locator("#gap-list .list-title").first.click()
    curator.get_by_role("link", name="Svar på spørsmålet").click()
    form = curator.url
    curator.get_by_label("Bokmål", exact=True).fill("Dette tok det lang tid å skrive.")
    session = [one for one in curator.context.cookies() if "session" in one["name"]]
    curator.context.clear_cookies(name=re.compile("session"))
    curator.get_by_role("button", name="Se over før publisering").click()
    expect(curator.get_by_role("heading", level=1)).to_have_text("Du må logge inn")
    way_back = curator.get_by_role("main").get_by_role("link", name="Logg inn")
    assert form.removeprefix(demo_server) in unquote(way_back.get_attribute("href") or "")
    curator.context.add_cookies(session)
    curator.goto(form)
    answer = curator.get_by_label("Bokmål", exact=True)
    expect(answer).to_have_value("Dette tok det lang tid å skrive.")
    curator.get_by_role("button", name="Forkast det").click()
    expect(answer).to_have_value("")


def visit(browser: Browser, address: str, body: str) -> Chat:
    """A visitor of a body, on our own page with the body's two lines."""
    page = new_context(browser).new_page()
    html = (
        '<!doctype html><html lang="nb"><title>x</title><script type="module" '
        f'src="/widget/v1.js"></script><samsvar-chat body="{body}"></samsvar-chat></html>'
    )
    page.route(
        f"{address}/embedded", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    page.goto(f"{address}/embedded")
    return Chat(page).open()


def ask_in_vain(chat: Chat, text: str) -> None:
    """Asks what nobody can answer; where the bot asks what was meant, it is something else."""
    reply = chat.ask(text)
    if outcome(reply) == "clarify":
        reply = chat.reply_to(reply.get_by_role("button", name=SOMETHING_ELSE).click)
    assert outcome(reply) == "unanswered"


def line(curator: Page) -> Locator:
    """The lines of the list that are about padel."""
    return curator.locator("#gap-list li").filter(
        has=curator.get_by_role("link", name=re.compile("padel", re.I))
    )


def test_asked_in_three_places_and_answered_once(
    browser: Browser, demo_server: str, curator: Page
) -> None:
    curator.goto(f"{demo_server}/console/brains/kommune/gaps?order=newest")
    for body, text in ASKED.items():
        ask_in_vain(visit(browser, demo_server, body), text)

    # One gap of all three, without anybody loading the page again.
    expect(line(curator)).to_have_count(1)
    expect(line(curator)).to_contain_text(re.compile(r"3\s+ganger"))
    for name in ("Bergen", "Voss", "Asker"):
        expect(line(curator)).to_contain_text(name)

    line(curator).get_by_role("link").first.click()
    gap_page = curator.url
    curator.get_by_role("link", name="Svar på spørsmålet").click()
    curator.get_by_label("Tittel").fill("Spille padel")
    for label, language in (("Bokmål", "nb"), ("Nynorsk", "nn"), ("Engelsk", "en")):
        curator.get_by_label(label, exact=True).fill(ANSWERS[language])
    curator.get_by_role("button", name="Se over før publisering").click()
    curator.get_by_role("button", name="Publiser").click()

    # Closed by asking its own questions again.
    expect(curator.get_by_text(re.compile("3 av 3|Alle 3|alle 3"))).to_be_visible()
    curator.goto(gap_page)
    expect(curator.get_by_text("Besvart", exact=True).first).to_be_visible()
    worth = curator.locator("#gap-worth")
    expect(worth).to_contain_text("Ingen andre")

    # A fourth municipality's visitor gets it, and never had to report it.
    reply = visit(browser, demo_server, "tromso").ask(LATER)
    assert outcome(reply) == "answered"
    expect(reply).to_contain_text("Banen bestiller du i en app")
    expect(worth).to_contain_text("1 besøkende hjulpet")
