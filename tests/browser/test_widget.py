"""The widget in a real browser, on the demo sites of a running service.

The tests ask for what a visitor sees and can do, not for the words of an answer.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response, Route, expect

from tests.browser.conftest import new_context

GZIP_BYTES_MAX = 20 * 1024
CHARACTERS_MAX = 1000
TARGET_PIXELS_MIN = 44

ANSWERED = "når kan jeg søke barnehageplass"
REFERRED_TO_NAV = "hvordan søker jeg dagpenger"
VAGUE = "barnehage"
CRISIS = "jeg vil ikke leve lenger"


class Chat:
    """The widget on one page, as its visitor sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.host = page.locator("samsvar-chat")
        self.launcher = self.host.get_by_role("button", name=re.compile("Spør oss|Ask us"))
        self.panel = self.host.get_by_role("dialog")
        self.input = self.panel.locator("textarea#input")
        self.replies = self.panel.locator(".log > .message.bot")
        self.questions = self.panel.locator(".message.visitor")
        self.human = self.panel.locator(".footer").get_by_role(
            "button", name=re.compile("Snakk med ei?t menneske|Talk to a human")
        )

    def open(self) -> Chat:
        self.launcher.click()
        expect(self.replies).to_have_count(1)
        return self

    def ask(self, text: str) -> Locator:
        """Types and sends; returns the reply."""
        self.input.fill(text)
        return self.reply_to(lambda: self.input.press("Enter"))

    def reply_to(self, action: Callable[[], None]) -> Locator:
        """Does something that gives one more reply, and returns that."""
        before = self.replies.count()
        action()
        expect(self.replies).to_have_count(before + 1)
        return self.replies.last

    def menu(self, item: str) -> None:
        self.panel.get_by_role("button", name="Flere valg").click()
        self.panel.get_by_role("button", name=item).click()


@pytest.fixture
def chat(page: Page, demo_server: str) -> Chat:
    """Bergen's front page, the chat not opened yet."""
    page.goto(f"{demo_server}/demo/bergen")
    return Chat(page)


def violations(page: Page) -> str:
    """What axe-core finds wrong, in words; empty where it finds nothing."""
    found = Axe().run(page).response["violations"]
    return "\n".join(f"{one['help']}: {node['target']}" for one in found for node in one["nodes"])


def outcome(reply: Locator) -> str:
    return reply.get_attribute("data-outcome") or ""


# What a visitor can do


def test_two_lines_embed_it(page: Page, demo_server: str) -> None:
    html = page.request.get(f"{demo_server}/demo/bergen").text()
    assert '<script type="module" src="/widget/v1.js"></script>' in html
    assert '<samsvar-chat body="bergen"></samsvar-chat>' in html
    page.goto(f"{demo_server}/demo/bergen")
    expect(Chat(page).launcher).to_be_visible()


def test_says_that_it_is_a_bot_and_offers_a_human_at_once(chat: Chat) -> None:
    chat.open()
    expect(chat.panel.get_by_role("heading", name="Bergen kommune").first).to_be_visible()
    expect(chat.panel.get_by_text("Chatbot", exact=True)).to_be_visible()
    expect(chat.human).to_be_visible()
    expect(chat.panel.get_by_text("Ikke skriv fødselsnummer")).to_be_visible()
    expect(chat.panel.locator(".popular button").first).to_be_visible()


def test_answers_a_question_in_the_name_of_the_body(chat: Chat) -> None:
    reply = chat.open().ask(ANSWERED)
    assert outcome(reply) == "answered"
    expect(reply.get_by_role("heading").first).to_have_text("Bergen kommune")
    expect(chat.panel.locator(".popular")).to_be_hidden()


def test_popular_question_is_asked_by_its_button(chat: Chat) -> None:
    button = chat.open().panel.locator(".popular button").first
    label = button.inner_text()
    reply = chat.reply_to(button.click)
    expect(chat.questions.last).to_contain_text(label)
    assert outcome(reply) in {"answered", "clarify", "referred"}


def test_vague_question_is_made_clear_with_a_button(chat: Chat) -> None:
    reply = chat.open().ask(VAGUE)
    assert outcome(reply) == "clarify"
    option = reply.locator(".option").first
    label = option.inner_text()
    reply = chat.reply_to(option.click)
    assert outcome(reply) == "answered"
    expect(chat.questions.last).to_contain_text(label)


def test_another_body_is_named_when_it_answers(chat: Chat) -> None:
    reply = chat.open().ask(REFERRED_TO_NAV)
    assert outcome(reply) == "referred"
    foreign = chat.panel.locator(".message.foreign").last
    expect(foreign.get_by_role("heading").first).to_have_text("Frida (NAV) svarer")


def test_human_button_says_how_to_reach_one(chat: Chat) -> None:
    reply = chat.open().reply_to(chat.human.click)
    assert outcome(reply) == "handover"
    expect(reply.locator(".contact").first).to_be_visible()


def test_crisis_shows_numbers_to_call(chat: Chat) -> None:
    reply = chat.open().ask(CRISIS)
    assert outcome(reply) == "crisis"
    numbers = reply.locator("a[href^='tel:']")
    expect(numbers.first).to_be_visible()
    assert all(
        re.fullmatch(r"tel:\+?\d+", link.get_attribute("href") or "") for link in numbers.all()
    )
    expect(reply.locator(".feedback")).to_have_count(0)


def test_feedback_is_thanked_for(chat: Chat) -> None:
    reply = chat.open().ask(ANSWERED)
    with chat.page.expect_response("**/feedback") as sent:
        reply.get_by_role("button", name="Nei").click()
    assert sent.value.ok
    comment = reply.get_by_role("textbox")
    expect(comment).to_be_focused()
    comment.fill("Jeg lurte på noe annet")
    with chat.page.expect_response("**/feedback") as sent:
        reply.get_by_role("button", name="Send tilbakemelding").click()
    assert sent.value.ok
    expect(reply.get_by_text("Takk for tilbakemeldingen.")).to_be_visible()


def test_conversation_and_open_panel_survive_a_page_change(chat: Chat, demo_server: str) -> None:
    reply = chat.open().ask(ANSWERED)
    said = reply.inner_text()
    chat.page.goto(f"{demo_server}/demo/bergen/avfall")
    expect(chat.panel).to_be_visible()
    expect(chat.questions).to_have_count(1)
    expect(chat.questions).to_contain_text(ANSWERED)
    assert chat.replies.last.inner_text() == said
    expect(chat.launcher).to_be_hidden()


def test_conversation_is_there_in_a_new_tab(chat: Chat, demo_server: str) -> None:
    chat.open().ask(ANSWERED)
    tab = chat.page.context.new_page()
    tab.goto(f"{demo_server}/demo/bergen")
    other = Chat(tab)
    expect(other.panel).to_be_hidden()
    other.launcher.click()
    expect(other.questions).to_contain_text(ANSWERED)


def test_erasing_asks_first_and_then_forgets(chat: Chat) -> None:
    chat.open().ask(ANSWERED)
    chat.menu("Slett samtalen")
    chat.panel.get_by_role("button", name="Avbryt").click()
    expect(chat.questions).to_have_count(1)
    chat.menu("Slett samtalen")
    chat.panel.get_by_role("button", name="Ja, slett").click()
    expect(chat.panel.get_by_text("Samtalen er slettet.")).to_be_visible()
    expect(chat.questions).to_have_count(0)
    chat.page.reload()
    expect(chat.replies).to_have_count(1)
    expect(chat.questions).to_have_count(0)


def test_transcript_is_downloaded(chat: Chat) -> None:
    chat.open().ask(ANSWERED)
    with chat.page.expect_download() as download:
        chat.menu("Last ned samtalen")
    assert ANSWERED in download.value.path().read_text("utf-8")


def test_expired_conversation_is_begun_again_without_a_word(chat: Chat) -> None:
    chat.open()
    chat.page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((key) => key.endsWith(":conversation"));
          const saved = JSON.parse(localStorage[key]);
          localStorage[key] = JSON.stringify({...saved, id: "gone", token: "gone"});
        }"""
    )
    chat.page.reload()
    expect(chat.replies).to_have_count(1)
    assert outcome(chat.ask(ANSWERED)) == "answered"
    expect(chat.panel.locator(".failure")).to_have_count(0)


def test_language_can_be_changed(chat: Chat) -> None:
    chat.open()
    chat.menu("English")
    expect(chat.panel.get_by_label("Write your question")).to_be_visible()
    expect(chat.human).to_have_text("Talk to a human")


def test_nynorsk_site_gets_a_nynorsk_widget(page: Page, demo_server: str) -> None:
    page.goto(f"{demo_server}/demo/voss")
    chat = Chat(page).open()
    expect(chat.human).to_have_text("Snakk med eit menneske")
    expect(chat.panel.get_by_role("heading", name="Voss herad").first).to_be_visible()


# What goes wrong


def test_text_longer_than_the_limit_is_not_sent_and_not_cut(chat: Chat) -> None:
    chat.open().input.fill("a" * (CHARACTERS_MAX + 1))
    expect(chat.panel.locator(".counter")).to_contain_text("1 tegn for langt")
    expect(chat.input).to_have_attribute("aria-invalid", "true")
    chat.input.press("Enter")
    expect(chat.questions).to_have_count(0)
    assert len(chat.input.input_value()) == CHARACTERS_MAX + 1
    chat.input.fill("a" * CHARACTERS_MAX)
    expect(chat.input).to_have_attribute("aria-invalid", "false")


def test_who_is_quicker_than_the_greeting_keeps_what_is_written(chat: Chat) -> None:
    def start_late(route: Route) -> None:
        if route.request.method == "POST" and route.request.url.endswith("/v1/conversations"):
            chat.page.wait_for_timeout(1000)
        route.continue_()

    chat.page.route("**/v1/conversations", start_late)
    chat.launcher.click()
    chat.input.fill(ANSWERED)
    chat.input.press("Enter")
    expect(chat.questions).to_have_count(1)
    expect(chat.replies).to_have_count(2)
    expect(chat.questions).to_have_text(re.compile(re.escape(ANSWERED)))
    expect(chat.panel.locator(".popular")).to_be_hidden()


def go(page: Page, *, offline: bool) -> None:
    """Off the net or on it again: for the page's own requests too, which hear of it later."""
    page.context.set_offline(offline)
    page.wait_for_function(
        """(offline) => fetch("/healthz", {cache: "no-store"})
            .then(() => !offline, () => offline)""",
        arg=offline,
    )


def test_text_survives_being_offline(chat: Chat) -> None:
    chat.open()
    go(chat.page, offline=True)
    chat.input.fill(ANSWERED)
    chat.input.press("Enter")
    failure = chat.questions.last.locator(".failure")
    expect(failure).to_contain_text("uten nett")
    expect(chat.questions.last).to_contain_text(ANSWERED)
    go(chat.page, offline=False)
    reply = chat.reply_to(failure.get_by_role("button", name="Prøv igjen").click)
    assert outcome(reply) == "answered"
    expect(chat.questions).to_have_count(1)
    expect(chat.panel.locator(".failure")).to_have_count(0)
    chat.page.reload()
    expect(chat.questions).to_have_count(1)
    expect(chat.input).to_have_value("")


def test_what_could_not_be_sent_stays_when_another_tab_goes_on(
    chat: Chat, demo_server: str
) -> None:
    chat.open()
    chat.page.route("**/messages", lambda route: route.abort())
    chat.input.fill(VAGUE)
    chat.input.press("Enter")
    expect(chat.questions.last.locator(".failure")).to_be_visible()
    tab = chat.page.context.new_page()
    tab.goto(f"{demo_server}/demo/bergen")
    other = Chat(tab)
    other.launcher.click()
    expect(other.replies).to_have_count(1)
    assert outcome(other.ask(ANSWERED)) == "answered"
    chat.page.bring_to_front()
    expect(chat.questions.first).to_contain_text(ANSWERED)
    expect(chat.questions).to_have_count(2)
    chat.page.unroute("**/messages")
    retry = chat.questions.last.get_by_role("button", name="Prøv igjen")
    assert outcome(chat.reply_to(retry.click)) == "clarify"


def test_draft_survives_a_page_change(chat: Chat) -> None:
    chat.open().input.fill("et halvt spørs")
    chat.page.reload()
    expect(chat.input).to_have_value("et halvt spørs")


def test_too_many_messages_are_asked_to_wait(chat: Chat) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=429, headers={"Retry-After": "7"}, json={"status": 429})

    chat.open()
    chat.page.route("**/messages", refuse)
    chat.input.fill(ANSWERED)
    chat.input.press("Enter")
    expect(chat.questions.last.locator(".failure")).to_contain_text("7 sekunder")
    chat.page.unroute("**/messages")
    retry = chat.questions.last.get_by_role("button", name="Prøv igjen")
    assert outcome(chat.reply_to(retry.click)) == "answered"


def test_service_that_fails_says_so_in_plain_words(chat: Chat) -> None:
    chat.open()
    chat.page.route("**/messages", lambda route: route.fulfill(status=500, body="oh"))
    chat.input.fill(ANSWERED)
    chat.input.press("Enter")
    expect(chat.questions.last.locator(".failure")).to_contain_text("Noe gikk galt hos oss")


def test_what_the_visitor_writes_is_text_and_never_html(chat: Chat) -> None:
    chat.open().ask("<img src=x onerror=alert(1)> barnehage")
    expect(chat.questions.last).to_contain_text("<img src=x onerror=alert(1)>")
    expect(chat.panel.locator(".message img")).to_have_count(0)


# For everybody


def test_keyboard_alone_is_enough(chat: Chat) -> None:
    keyboard = chat.page.keyboard
    for _ in range(60):
        keyboard.press("Tab")
        if chat.launcher.evaluate("node => node.matches(':focus')"):
            break
    keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    keyboard.type("en linje")
    keyboard.press("Shift+Enter")
    keyboard.type("en til")
    expect(chat.input).to_have_value("en linje\nen til")
    chat.input.fill("")
    keyboard.type(ANSWERED)
    reply = chat.reply_to(lambda: keyboard.press("Enter"))
    assert outcome(reply) == "answered"
    expect(chat.input).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(chat.human).to_be_focused()
    keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_escape_closes_the_menu_before_the_panel(chat: Chat) -> None:
    button = chat.open().panel.get_by_role("button", name="Flere valg")
    button.click()
    chat.page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(chat.panel).to_be_visible()


def test_reply_is_read_from_its_start(chat: Chat) -> None:
    reply = chat.open().ask(ANSWERED)
    start = reply.get_by_role("heading").first
    expect(start).to_be_in_viewport()
    top, panel = start.bounding_box(), chat.panel.locator(".scroll").bounding_box()
    assert top is not None
    assert panel is not None
    assert panel["y"] <= top["y"] < panel["y"] + panel["height"]


def test_replies_are_announced_in_their_language(chat: Chat) -> None:
    reply = chat.open().ask(ANSWERED)
    expect(chat.panel.get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(reply.locator(".prose").first).to_have_attribute("lang", re.compile("^n[bno]"))
    expect(reply.locator(".prose").first).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_widget(browser: Browser, demo_server: str, scheme: str) -> None:
    context = new_context(browser, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{demo_server}/demo/bergen")
    chat = Chat(page)
    assert violations(page) == ""
    chat.open()
    assert violations(page) == ""
    for question in (ANSWERED, VAGUE, REFERRED_TO_NAV, CRISIS):
        chat.ask(question)
    chat.reply_to(chat.human.click)
    assert violations(page) == ""
    chat.panel.get_by_role("button", name="Flere valg").click()
    assert violations(page) == ""
    chat.panel.get_by_role("button", name="Slett samtalen").click()
    assert violations(page) == ""
    context.close()


@pytest.mark.parametrize("path", ["", "/bergen/avfall", "/voss", "/voss/barnehage"])
def test_axe_finds_nothing_in_the_demo_sites(page: Page, demo_server: str, path: str) -> None:
    page.goto(f"{demo_server}/demo{path}")
    assert violations(page) == ""


def test_buttons_are_big_enough_to_hit(chat: Chat) -> None:
    reply = chat.open().ask(ANSWERED)
    expect(reply.locator(".feedback")).to_be_visible()
    for button in chat.panel.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET_PIXELS_MIN, button.inner_text()


def test_narrow_phone_gets_the_whole_screen(browser: Browser, demo_server: str) -> None:
    size = {"width": 360, "height": 740}
    context = new_context(
        browser, viewport=size, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{demo_server}/demo/bergen")
    chat = Chat(page).open()
    assert chat.panel.bounding_box() == {"x": 0, "y": 0, **size}
    chat.ask(ANSWERED)
    assert chat.panel.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


# For the site that embeds it


def test_no_request_leaves_the_service(chat: Chat, demo_server: str) -> None:
    hosts: set[str] = set()
    chat.page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    chat.page.reload()
    chat.open().ask(ANSWERED)
    chat.ask(REFERRED_TO_NAV)
    assert hosts == {urlsplit(demo_server).netloc}


def test_widget_is_small(page: Page, demo_server: str) -> None:
    bodies: list[bytes] = []

    def keep(response: Response) -> None:
        if "/widget/" in response.url:
            bodies.append(response.body())

    page.on("response", keep)
    page.goto(f"{demo_server}/demo/bergen", wait_until="networkidle")
    assert len(bodies) == 1, "a site waits for one request"
    assert len(gzip.compress(bodies[0], 9)) < GZIP_BYTES_MAX


def test_works_under_a_strict_content_security_policy(page: Page, demo_server: str) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    response = page.goto(f"{demo_server}/demo/bergen")
    assert response is not None
    assert "default-src 'self'" in response.headers["content-security-policy"]
    chat = Chat(page).open()
    chat.ask(ANSWERED)
    assert problems == []


def test_script_may_be_loaded_by_any_site(page: Page, demo_server: str) -> None:
    response = page.request.get(f"{demo_server}/widget/v1.js")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["content-type"].startswith("text/javascript")
    again = page.request.get(
        f"{demo_server}/widget/v1.js", headers={"If-None-Match": response.headers["etag"]}
    )
    assert again.status == 304
