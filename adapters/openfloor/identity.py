"""By which URIs a body is known at the floor.

`serviceUrl` is where its envelopes go. `speakerUri` is a tag URI (RFC 4151) of this
installation's host name, so that two installations never name one speaker.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from adapters.openfloor.shapes import Event, Identification
from router.adapters import Served

PREFIX = "/adapters/openfloor"
TAGGED_IN = 2026
SYNOPSES = {
    "nb": "Svarer på spørsmål til {name}.",
    "nn": "Svarar på spørsmål til {name}.",
    "en": "Answers questions to {name}.",
}


class Identity(msgspec.Struct, frozen=True):
    """A body's two URIs."""

    speaker_uri: str
    service_url: str

    def is_meant(self, event: Event) -> bool:
        """Whether an event is for this speaker: by name, by address, or for everybody."""
        to = event.to
        if to is None or (to.speaker_uri is None and to.service_url is None):
            return True
        return to.speaker_uri == self.speaker_uri or self._is_here(to.service_url)

    def _is_here(self, url: str | None) -> bool:
        """Only host and path count: a proxy may have changed the scheme."""
        return url is not None and _place(url) == _place(self.service_url)


def identity(address: str, body: str) -> Identity:
    """The body's, in the installation of that address."""
    host = urlsplit(address).hostname or "localhost"
    return Identity(f"tag:{host},{TAGGED_IN}:{body}", f"{address}{PREFIX}/{body}")


def identification(who: Identity, name: str, language: str) -> Identification:
    """How a speaker is presented; `language` is the body's own."""
    synopsis = SYNOPSES.get(language, SYNOPSES["en"]).format(name=name)
    return Identification(
        speaker_uri=who.speaker_uri,
        service_url=who.service_url,
        organization=name,
        conversational_name=name,
        synopsis=synopsis,
    )


def of_served(address: str, served: Served) -> Identification:
    """How a body that answers here is presented."""
    return identification(identity(address, served.id), served.name, served.language)


def _place(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.netloc.lower(), parts.path.rstrip("/")
    except ValueError:
        return "", ""
