"""Where a measurement is written: between two marks in a page of `docs/`, or a section of one."""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- measured -->", "<!-- end -->"


def write(page: Path, measured: str) -> None:
    """Puts the Markdown between the page's marks in place of what was there, and prints it."""
    text = page.read_text("utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}", "utf-8")
    print(measured)


def write_section(page: Path, heading: str, text: str) -> None:
    """Puts `text`, which begins with `heading`, in place of that section; at the end where there is
    none."""
    before, _, rest = page.read_text("utf-8").partition(heading + "\n")
    _, found, after = rest.partition("\n## ")
    page.write_text(f"{before.rstrip()}\n\n{text.rstrip()}\n{found}{after}", "utf-8")
