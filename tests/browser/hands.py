"""What a page must be for whoever uses it by keys, zoomed in or with wider spaced text.

`barriers` looks at a page that is open. WCAG 2.2: 1.4.10, 1.4.12, 2.4.7, 2.4.11, and targets of the
size that the console promises itself.
"""

from __future__ import annotations

from playwright.sync_api import Page

# 1280 at 400 %: the narrowest window that a page must fit.
ZOOMED_WIDTH, ZOOMED_HEIGHT = 320, 420
TARGET = 44
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
    " word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"
)

_SPACE = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""

# Each thing that can be reached is given the focus in turn: it must show it, be there to be seen,
# and have a name; what is pressed or written in must be large enough.
_REACHED = """(target) => {
  const found = [];
  const reachable = "a[href], button, summary, input:not([type=hidden]), select, textarea";
  for (const one of document.querySelectorAll(reachable)) {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({ contentVisibilityAuto: true })) {
      continue;
    }
    one.focus();
    if (document.activeElement !== one) continue;
    const shows = one.type === "file" ? one.parentElement.querySelector(".file-face") ?? one : one;
    const style = getComputedStyle(shows);
    const box = one.getBoundingClientRect();
    const name = (one.ariaLabel || one.labels?.[0]?.textContent || one.textContent || one.title)
      .trim().replace(/\\s+/g, " ");
    const say = (what) => found.push(`${what}: <${one.localName}> ${name.slice(0, 60)}`);
    if (!name) say("no name");
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) say("no focus shown");
    const middle = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    const seen = [box.top + 3, box.top + box.height / 2, box.bottom - 3].some((height) => {
      const there = document.elementFromPoint(middle, height);
      const label = one.labels?.[0];
      return there && (one.contains(there) || there.contains(one) || label?.contains(there));
    });
    if (!seen) say("covered or out of sight");
    const pressed = one.matches("button, summary, .button, select, textarea")
      || (one.matches("input") && !["checkbox", "radio"].includes(one.type));
    if (pressed && Math.round(box.height) < target) say(`only ${Math.round(box.height)} high`);
  }
  return found;
}"""


def barriers(page: Page) -> list[str]:
    """What stands in the way on the open page, in a window of 1280 pixels at 400 %."""
    page.set_viewport_size({"width": ZOOMED_WIDTH, "height": ZOOMED_HEIGHT})
    found = too_wide(page, "at 400 %")
    # With a key pressed first, the browser shows what has the focus.
    page.keyboard.press("Tab")
    found += page.evaluate(_REACHED, TARGET)
    page.evaluate(_SPACE, SPACED)
    return found + too_wide(page, "with spaced text at 400 %")


def too_wide(page: Page, when: str) -> list[str]:
    """Whether the page has to be moved sideways to be read."""
    width = page.evaluate("document.documentElement.scrollWidth")
    window = page.evaluate("innerWidth")
    return [f"{width} wide in {window} {when}"] if width > window else []
