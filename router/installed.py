"""Which adapters there are: those in the package `adapters`, and those of other distributions."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import logging
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType

from brains.errors import Invalid
from router.adapters import Adapter, Calls

log = logging.getLogger(__name__)

PACKAGE = "adapters"
GROUP = "samsvar.adapters"

Report = Callable[[str, Exception], None]


def _log(name: str, error: Exception) -> None:
    log.error("The adapter %s cannot be loaded, and is left out.", name, exc_info=error)


def installed(report: Report = _log) -> list[Adapter]:
    """Every adapter there is, by name.

    Found are the adapters in the package `adapters`: each class with a `name` and `routes` in a
    file of it, or in the `adapter.py` of a folder; and those of other distributions, named under
    the entry point group `samsvar.adapters`. One that cannot be loaded is reported, and does not
    keep the others from working. Raises `Invalid` where two have one name.
    """
    found: dict[str, Adapter] = {}
    for kind in dict.fromkeys([*_in_package(report), *_of_others(report)]):
        if kind.name in found:
            raise Invalid(
                f"Two adapters are called “{kind.name}”: {_place(type(found[kind.name]))} and "
                f"{_place(kind)}. Give one of them another name."
            )
        with _reported(_place(kind), report):
            found[kind.name] = kind()
    return [found[name] for name in sorted(found)]


def calling(adapters: Sequence[Adapter]) -> dict[str, Calls]:
    """Those on which partners can be called, by name."""
    return {adapter.name: adapter for adapter in adapters if isinstance(adapter, Calls)}


def _in_package(report: Report) -> Iterator[type[Adapter]]:
    for place in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__, f"{PACKAGE}."):
        with _reported(place.name, report):
            name = f"{place.name}.adapter" if place.ispkg else place.name
            if importlib.util.find_spec(name) is not None:
                yield from _kinds(importlib.import_module(name))


def _of_others(report: Report) -> Iterator[type[Adapter]]:
    for point in importlib.metadata.entry_points(group=GROUP):
        with _reported(point.value, report):
            yield point.load()


@contextlib.contextmanager
def _reported(name: str, report: Report) -> Iterator[None]:
    """Whatever is wrong in one adapter's file is its own."""
    try:
        yield
    except Exception as error:
        report(name, error)


def _kinds(module: ModuleType) -> Iterator[type[Adapter]]:
    """The adapter classes that are written in this very module."""
    for one in vars(module).values():
        own = isinstance(one, type) and one.__module__ == module.__name__
        if own and isinstance(getattr(one, "name", None), str) and hasattr(one, "routes"):
            yield one


def _place(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
