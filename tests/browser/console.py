"""The console in the browser: a person of the demo who signs in with a password."""

from __future__ import annotations

import re
import subprocess
import sys

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import new_context
from tests.waiting import PATIENCE_S

PASSWORD = "lang-nok-og-bare-i-tester"
VIEWPORT = {"width": 1280, "height": 900}


def add_person(environment: dict[str, str], email: str, name: str, role: str, *where: str) -> str:
    """Adds somebody on the command line; returns the path of the link to choose a password."""
    command = [sys.executable, "-m", "router.cli", "people", "add", "--email", email]
    command += ["--name", name, "--role", role, *where]
    made = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    found = re.search(r"/console/\S+", made.stdout)
    assert found, made.stdout
    return found.group()


def signed_in(browser: Browser, address: str, link: str, scheme: str = "light") -> Page:
    """A page of somebody who has chosen a password by that link."""
    context = new_context(browser, color_scheme=scheme)
    page = context.new_page()
    page.goto(address + link)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main form button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Oversikt")
    return page
