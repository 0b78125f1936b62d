"""The demo sites: two municipalities' websites, with the widget on them as they would have it.

`/demo` lists them. Bergen writes Bokmål, Voss Nynorsk; each has a front page and two more
pages (`site/<body>.json`), in its own colours (`site/static/site.css`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.handlers import HTTPRouteHandler
from litestar.static_files import create_static_files_router

SITE = Path(__file__).parent / "site"
BODIES = ("bergen", "voss")
STATIC_AGE_SECONDS_MAX = 300

HEADERS = {
    # The widget needs no more than this, and the demo shows it: no inline script or style.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
}


def render_pages(folder: Path = SITE) -> dict[str, str]:
    """The HTML of every demo page by its path, `/demo/bergen/barnehage` and so on."""
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
    )
    sites = [msgspec.json.decode((folder / f"{body}.json").read_bytes()) for body in BODIES]
    pages = {"/demo": environment.get_template("index.html").render(sites=sites)}
    for site in sites:
        pages |= _site(environment, site)
    return pages


def _site(environment: Environment, site: dict[str, Any]) -> dict[str, str]:
    front = f"/demo/{site['id']}"
    hero = site["hero"]
    pages = {
        front: environment.get_template("front.html").render(
            site=site, path=front, title=site["words"]["front"], description=hero["text"]
        )
    }
    for name, page in site["pages"].items():
        path = f"{front}/{name}"
        pages[path] = environment.get_template("page.html").render(
            site=site, path=path, page=page, title=page["title"], description=page["lead"]
        )
    return pages


def demo_routes() -> list[HTTPRouteHandler | Router]:
    """`/demo`, the pages under it and their style sheet. Rendered once, here."""
    pages = render_pages()

    @get(list(pages), include_in_schema=False, sync_to_thread=False, media_type=MediaType.HTML)
    def demo_page(request: Request[Any, Any, Any]) -> Response[str]:
        path = request.url.path.rstrip("/")
        return Response(pages[path], media_type=MediaType.HTML, headers=HEADERS)

    static = create_static_files_router(
        path="/demo/static",
        directories=[SITE / "static"],
        name="demo-static",
        cache_control=CacheControlHeader(public=True, max_age=STATIC_AGE_SECONDS_MAX),
    )
    return [demo_page, static]
