"""The pictures of `docs/curating.md`, taken of a fresh demo: `make pictures`.

Does what the page tells a new curator to do, and takes a picture on the way.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, TIMEOUT_MS
from tests.browser.console import add_person, signed_in
from tests.conftest import ADMIN_KEY, start_server
from tests.waiting import PATIENCE_S

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
VIEWPORT = {"width": 1180, "height": 820}
BRAIN = "/console/brains/kommune"


class Day:
    """A curator's day: where she is, and the pictures of it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def picture(self, name: str) -> None:
        """As the window shows it, when it has come to rest."""
        self.page.wait_for_timeout(600)
        self.page.screenshot(path=FOLDER / f"{name}.png")


def take(day: Day) -> None:
    page = day.page
    day.go(BRAIN)
    day.picture("overview")
    day.go(f"{BRAIN}/gaps")
    day.picture("gaps")
    page.get_by_role("link", name=re.compile("båtplass")).first.click()
    day.picture("gap")
    answer(day)
    day.go(f"{BRAIN}/entries/barnehage-soknad")
    page.get_by_role("link", name="Endre").click()
    page.get_by_label("Bokmål", exact=True).scroll_into_view_if_needed()
    day.picture("editor")
    for path in ("review", "facts", "imports"):
        day.go(f"{BRAIN}/{path}")
        page.get_by_role("heading", level=1).wait_for()
        day.picture(path)
    day.go(f"{BRAIN}/broadcasts")
    page.get_by_role("link", name=re.compile("Ny kunngjøring")).first.click()
    day.picture("broadcast")
    day.go(f"{BRAIN}/ask-as")
    page.get_by_label(re.compile("^Spørsmål")).fill("Når hentes søpla?")
    page.get_by_role("button", name="Spør", exact=True).click()
    page.get_by_text("Bergen kommune").last.scroll_into_view_if_needed()
    day.picture("ask-as")
    day.go(f"{BRAIN}/conflicts")
    disagree(day)
    page.get_by_role("button", name="Se etter konflikter").click()
    page.get_by_role("button", name=re.compile("Greit")).first.wait_for()
    day.picture("conflicts")


def disagree(day: Day) -> None:
    """A shared answer is changed after organisations wrote their own, and another runs out."""
    entries = f"{day.address}/v1/brains/kommune/entries"
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=9)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx.Client(headers=headers, timeout=PATIENCE_S) as api:
        for id, change in (
            ("skole-skyss", {"answers": {"nb": "Du søker om skoleskyss hos fylkeskommunen."}}),
            ("avfall-juletre", {"valid_until": soon.isoformat()}),
        ):
            entry = api.get(f"{entries}/{id}").raise_for_status().json() | change
            kept = {name: entry[name] for name in entry if name not in ("id", "brain")}
            api.put(f"{entries}/{id}", json=kept).raise_for_status()


def answer(day: Day) -> None:
    """From the unanswered question to the answer that everybody gets."""
    page = day.page
    page.get_by_role("link", name="Svar på spørsmålet").click()
    page.get_by_label("Tittel").fill("Leie båtplass")
    page.get_by_label("Bokmål", exact=True).fill(
        "Du søker om båtplass hos havnekontoret. Står du på venteliste, beholder du plassen din "
        "i køen til du får et tilbud."
    )
    page.get_by_label("Nynorsk", exact=True).fill(
        "Du søkjer om båtplass hos hamnekontoret. Står du på venteliste, held du på plassen din "
        "i køen til du får eit tilbod."
    )
    day.picture("answer")
    page.get_by_role("button", name="Se over før publisering").click()
    page.get_by_role("button", name=re.compile("^Publiser")).wait_for()
    day.picture("look")
    if page.get_by_label(re.compile("Hvorfor")).count():
        page.get_by_label(re.compile("Hvorfor")).first.fill("Prøvd og vurdert.")
    page.get_by_role("button", name=re.compile("^Publiser")).click()
    page.get_by_role("link", name=re.compile("Neste|neste")).first.wait_for()
    day.picture("result")


def main() -> None:
    """Start a demo, sign in, take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp())
    environment = os.environ | {"SAMSVAR_HOME": str(home), "SAMSVAR_ADMIN_KEY": ADMIN_KEY}
    try:
        with start_server(environment, home) as (_, address), sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            where = ("--brain", "kommune")
            link = add_person(environment, "kari@samsvar.example", "Kari", "curator", *where)
            page = signed_in(browser, address, link)
            page.set_viewport_size(VIEWPORT)  # type: ignore[arg-type]
            page.set_default_timeout(TIMEOUT_MS)
            take(Day(page, address))
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
