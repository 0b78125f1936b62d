"""A real Chromium for the tests in this folder.

Without one the tests are skipped, except in CI, where that is a failure: `CI` is set there.
The browser lives as long as one test file: Playwright holds on to the thread's event loop,
which the asynchronous tests of other files need.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

VIEWPORT = {"width": 1280, "height": 900}
# As PATIENCE_S, shorter for there being many: what a page shows is there or comes at once.
TIMEOUT_MS = 120_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    executable = shutil.which("chromium")
    if executable is None:
        missing = "No chromium on the PATH: install it (apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=ARGUMENTS, timeout=TIMEOUT_MS
        )
        expect.set_options(timeout=TIMEOUT_MS)
        yield browser
        browser.close()


def new_context(browser: Browser, **more: Any) -> BrowserContext:
    """Somebody who was never here before; `more` as `Browser.new_context`."""
    context = browser.new_context(**{"viewport": VIEWPORT, "locale": "nb-NO"} | more)
    context.set_default_timeout(TIMEOUT_MS)
    return context


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a visitor who was never here before."""
    context = new_context(browser)
    page = context.new_page()
    yield page
    context.close()
