"""Facts in a real browser: the table and the list, filled in without a mouse."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import new_context
from tests.browser.console import add_person, signed_in


@pytest.fixture(scope="module")
def curator(browser: Browser, demo_server: str, demo_environment: dict[str, str]) -> Page:
    """A curator of the municipalities' knowledge base."""
    link = add_person(
        demo_environment, "fakta@demo.example", "Kari", "curator", "--brain", "kommune"
    )
    return signed_in(browser, demo_server, link)


def focused(page: Page) -> str:
    id: str = page.evaluate("document.activeElement.id")
    return id


def test_a_fact_is_changed_and_undone_by_keyboard_alone(curator: Page, demo_server: str) -> None:
    page = curator
    page.goto(f"{demo_server}/console/brains/kommune/facts?topic=sfo")
    page.locator("a.cell").first.focus()
    before = focused(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert focused(page) != before
    page.keyboard.press("Control+End")
    cell = focused(page)
    assert cell == "c-sfo_url-voss"
    old = page.locator(f"#{cell}").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".cell-editor textarea[name=value]")).to_be_focused()
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Escape")
    assert focused(page) == cell
    page.keyboard.press("Enter")
    page.keyboard.type("https://www.voss.example/ny")
    expect(page.locator(".cell-editor textarea[name=value]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#flashes")).to_contain_text("er lagret for Voss herad")
    expect(page.locator(f"#{cell}")).to_have_text("https://www.voss.example/ny")
    assert focused(page) == cell, "one goes on where one was"
    page.locator("#flashes").get_by_role("button", name="Angre").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{cell}")).to_have_text(old)


def test_without_scripts_a_cell_leads_to_the_same_form(
    curator: Page, browser: Browser, demo_server: str
) -> None:
    context = new_context(browser, java_script_enabled=False)
    context.add_cookies(curator.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{demo_server}/console/brains/kommune/facts?topic=sfo")
    page.locator("#c-sfo_url-voss").click()
    form = page.locator("#form-f-sfo_url-voss")
    form.get_by_label("Voss herad").fill("https://www.voss.example/utan")
    form.get_by_role("button", name="Lagre").click()
    expect(page.locator("#flashes")).to_contain_text("er lagret for Voss herad")
    cell = page.locator("#c-sfo_url-voss")
    expect(cell).to_have_text("https://www.voss.example/utan")
    page.locator("#flashes").get_by_role("button", name="Angre").click()
    expect(cell).not_to_have_text("https://www.voss.example/utan")
    context.close()


def test_an_editor_fills_in_the_list_where_it_stands(
    browser: Browser, demo_server: str, demo_environment: dict[str, str]
) -> None:
    link = add_person(
        demo_environment, "roros@demo.example", "Ragnhild", "editor", "--body", "roros"
    )
    page = signed_in(browser, demo_server, link)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{demo_server}/console/brains/kommune/facts")
    topic = page.locator("details.fold").first
    topic.locator("summary").click()
    line = topic.locator(".fact-line").first
    old = line.locator(".fact-value").inner_text()
    line.get_by_role("link", name="Endre").focus()
    page.keyboard.press("Enter")
    field = line.locator("textarea").first
    expect(field).to_be_focused()
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    expect(line.get_by_role("link", name="Endre")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("https://www.roros.example/nytt")
    page.keyboard.press("Enter")
    expect(page.locator("#flashes")).to_contain_text("er lagret for Røros")
    expect(page.locator("#flashes")).to_be_in_viewport()
    expect(line.locator(".fact-value")).to_contain_text("https://www.roros.example/nytt")
    expect(line).to_be_in_viewport()
    page.locator("#flashes").get_by_role("button", name="Angre").click()
    expect(line.locator(".fact-value")).to_have_text(old)
    page.context.close()
