"""Every page of the console in a real browser, light and dark, narrow and wide.

None has a barrier that axe-core finds, or one for keys and zooming (`hands.py`), is wider than the
window, asks another site for anything, or has a fault in its scripts. No two have the same title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import add_person, signed_in
from tests.browser.hands import barriers
from tests.conftest import ADMIN_KEY
from tests.waiting import PATIENCE_S

BRAIN = "/console/brains/kommune"
ENTRY = f"{BRAIN}/entries/barnehage-soknad"
PAGES = [
    BRAIN,
    f"{BRAIN}/gaps",
    f"{BRAIN}/gaps?status=answered",
    "THE GAP",
    "THE GAP/answer",
    "THE GAP/answer?how=phrasing",
    "THE GAP/answer?how=local",
    "THE GAP/answer?how=fact",
    f"{BRAIN}/entries",
    f"{BRAIN}/new-entry",
    ENTRY,
    f"{ENTRY}/edit",
    f"{ENTRY}/history",
    f"{BRAIN}/review",
    f"{BRAIN}/facts",
    f"{BRAIN}/facts/barnehage_deadline",
    f"{BRAIN}/facts-import",
    "/console/bodies/bergen/facts",
    "/console/bodies/bergen/facts/barnehage_deadline",
    f"{BRAIN}/local-answers",
    f"{BRAIN}/local-answers/new",
    f"{BRAIN}/broadcasts",
    f"{BRAIN}/broadcasts/new",
    "/console/bodies",
    "/console/bodies/bergen",
    "/console/bodies/new",
    f"{BRAIN}/imports",
    f"{BRAIN}/ask-as",
    f"{BRAIN}/conflicts",
    "/console/search?q=barnehage",
    "/console/people",
    "/console/people/new",
    "/console/keys",
    "/console/federation",
    "/console/federation/new",
    "/console/federation/new?adapter=openfloor",
    "THE CONNECTION",
    "THE CONNECTION/edit",
    "/console/audit",
    "/console/account",
    "/console/nowhere",
]
WIDE, NARROW = 1280, 390
# Ours, shown as text: what was made safe twice.
MARKUP = re.compile(r"</?(time|span|strong|svg|p|li|a)\b")


@pytest.fixture(scope="module")
def admin(browser: Browser, demo_server: str, demo_environment: dict[str, str]) -> Iterator[Page]:
    link = add_person(demo_environment, "ada@samsvar.example", "Ada", "admin")
    page = signed_in(browser, demo_server, link)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def gap(admin: Page, demo_server: str) -> str:
    """The path of the most urgent gap."""
    admin.goto(f"{demo_server}{BRAIN}/gaps")
    return str(admin.locator("#gap-list li a").first.get_attribute("href"))


@pytest.fixture(scope="module")
def connection(demo_server: str) -> Iterator[str]:
    """The path of a connection's page. Nobody is asked over it."""
    address = f"{demo_server}/v1/connections/kartverket"
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    sent = {"adapter": "rasa", "address": "https://bot.kartverket.example", "enabled": False}
    httpx.put(address, json=sent, headers=headers, timeout=PATIENCE_S).raise_for_status()
    yield "/console/federation/kartverket"
    httpx.delete(address, headers=headers, timeout=PATIENCE_S).raise_for_status()


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_barrier(
    admin: Page, demo_server: str, gap: str, connection: str, path: str
) -> None:
    foreign: list[str] = []
    faults: list[str] = []
    admin.on("request", lambda request: foreign.append(request.url))
    admin.on("pageerror", lambda error: faults.append(str(error)))
    address = demo_server + path.replace("THE GAP", gap).replace("THE CONNECTION", connection)
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        admin.set_viewport_size({"width": width, "height": 900})
        admin.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        admin.goto(address)
        expect(admin.get_by_role("heading", level=1)).to_be_visible()
        found = Axe().run(admin)
        assert not found.violations_count, f"{width} {scheme}\n{found.generate_report()}"
        assert admin.evaluate("document.documentElement.scrollWidth") <= width
        assert not MARKUP.search(admin.inner_text("main"))
    assert not barriers(admin)
    assert not faults
    ours = urlsplit(demo_server).netloc
    assert {urlsplit(url).netloc for url in foreign if not url.startswith("data:")} == {ours}


def test_no_two_pages_have_the_same_title(
    admin: Page, demo_server: str, gap: str, connection: str
) -> None:
    titles: dict[str, str] = {}
    for path in PAGES:
        real = path.replace("THE GAP", gap).replace("THE CONNECTION", connection)
        page = admin.request.get(demo_server + real).text()
        title = page.partition("<title>")[2].partition("</title>")[0]
        assert title not in titles, f"{path} and {titles[title]}: {title}"
        titles[title] = path


def test_sign_in_has_no_barrier(page: Page, demo_server: str) -> None:
    page.goto(f"{demo_server}/console/sign-in")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not Axe().run(page).violations_count
    assert not barriers(page)
