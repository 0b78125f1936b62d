"""Everything an operator can set: one struct, read from environment variables.

Each field of `Settings` is the variable `SAMSVAR_` + its name in capitals; its
`Meta` holds the bounds and what it means. `docs/settings.md` lists them all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from brains.errors import Invalid, Problem

PREFIX = "SAMSVAR_"
KIB = 1024
MIB = 1024 * KIB
SECRET = ("admin_key", "oidc_client_secret", "secret_key")

Url = Annotated[str, Meta(pattern=r"^(https?://[^\s/]+)?/?$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One installation's settings. Make it with `Settings.from_environment(os.environ)`."""

    home: Annotated[str, Meta(min_length=1, description="Folder of the data.")]
    database_url: Annotated[
        str,
        Meta(
            pattern=r"^(sqlite|postgresql)(\+\w+)?:",
            description="Where the durable data is: an SQLAlchemy URL of SQLite or PostgreSQL.",
        ),
    ]
    redis_url: Annotated[
        str,
        Meta(
            pattern=r"^((rediss?|unix)://.+)?$",
            description="Redis or Valkey between several nodes. Read and reported; not used yet.",
        ),
    ] = ""
    model: Annotated[
        str,
        Meta(
            description="A sentence-transformers folder or model id instead of the packaged "
            "encoder. A change embeds everything anew."
        ),
    ] = ""
    cache: Annotated[
        str,
        Meta(
            description="Folder of the built encoder, and of what it made of the texts that come "
            "with the program: some 500 MB that can be made again."
        ),
    ] = ""
    wrong_rate: Annotated[
        float,
        Meta(gt=0, lt=1, description="Share of the answers given that may be wrong, 0 to 1."),
    ] = 0.05
    admin_key: Annotated[
        str,
        Meta(
            pattern=r"^[!-~]*$",
            description="Key of the administrator, sent as `Authorization: Bearer`. When unset, "
            "a random one is made at the first start and shown once.",
        ),
    ] = ""
    secret_key: Annotated[
        str,
        Meta(
            pattern=r"^(\S{32,}(,\S{32,})*)?$",
            description="Key under which stored secrets are sealed: at least 32 random characters, "
            "the same for every node. Several, separated by commas: the first seals, all open.",
        ),
    ] = ""
    oidc_issuer: Annotated[
        str,
        Meta(
            pattern=r"^(https://\S+|http://(localhost|127\.0\.0\.1)(:\d+)?(/\S*)?)?$",
            description="Issuer URL of the OpenID Connect provider at which people may sign in; "
            "HTTPS, except on this machine.",
        ),
    ] = ""
    oidc_client_id: Annotated[
        str, Meta(description="What the provider calls this installation.")
    ] = ""
    oidc_client_secret: Annotated[
        str, Meta(description="What this installation proves itself to the provider with.")
    ] = ""
    oidc_name: Annotated[
        str, Meta(max_length=60, description="The provider's name on the button to sign in.")
    ] = ""
    public_url: Annotated[
        Url,
        Meta(description="Address under which visitors reach the service, behind a proxy."),
    ] = ""
    allowed_hosts: Annotated[
        list[str],
        Meta(description="Host names the service answers to, separated by commas; all when unset."),
    ] = []
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Addresses of reverse proxies whose `X-Forwarded-For` and "
            "`X-Forwarded-Proto` are believed, separated by commas."
        ),
    ] = msgspec.field(default_factory=lambda: ["127.0.0.1"])
    partner_networks: Annotated[
        list[str],
        Meta(
            description="Networks that partners may be in though they are not public, as "
            "`10.1.0.0/16`, separated by commas. None when unset: then only public addresses "
            "are called."
        ),
    ] = []
    message_chars_max: Annotated[
        int, Meta(ge=10, le=4000, description="Longest message of a visitor, in characters.")
    ] = 1000
    body_bytes_max: Annotated[
        int, Meta(ge=KIB, le=64 * MIB, description="Largest request, in bytes.")
    ] = 64 * KIB
    import_bytes_max: Annotated[
        int, Meta(ge=KIB, le=1024 * MIB, description="Largest imported file, in bytes.")
    ] = 5 * MIB
    requests_per_minute: Annotated[
        int, Meta(ge=1, description="Requests without a key, from one address, all in all.")
    ] = 1200
    asks_per_minute: Annotated[
        int,
        Meta(
            ge=1,
            description="Questions to `/v1/ask` and `/v1/route`, and conversations started, "
            "without a key, from one address.",
        ),
    ] = 600
    messages_per_minute: Annotated[int, Meta(ge=1, description="Messages in one conversation.")] = (
        60
    )
    key_requests_per_minute: Annotated[int, Meta(ge=1, description="Requests with one key.")] = 6000
    adapter_requests_per_minute: Annotated[
        dict[str, Annotated[int, Meta(ge=1)]],
        Meta(
            description="Requests to one adapter with one key, or from one address without, as "
            "`openai=60,a2a=600`; an adapter that is not named has no limit of its own."
        ),
    ] = {}
    retention_days: Annotated[
        int,
        Meta(ge=1, le=3650, description="Days after its last message that a conversation is kept."),
    ] = 90
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="How much is logged.")
    ] = "info"
    demo: Annotated[
        bool, Meta(description="Load the demo federation at start, as `serve --demo` does.")
    ] = False
    demo_brain: Annotated[
        Literal["", "kommune", "nav"],
        Meta(
            description="Only this brain of the demo and its bodies: two such installations can "
            "be federated."
        ),
    ] = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the variables; a variable set to nothing is unset.

        Raises `Invalid`, whose problems name each wrong variable and what it must be.
        """
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {
            name: environ[variable(name)].strip()
            for name in cls.__struct_fields__
            if environ.get(variable(name), "").strip()
        }
        for name in ("allowed_hosts", "trusted_proxies", "partner_networks"):
            if name in given:
                given[name] = [part.strip() for part in given[name].split(",") if part.strip()]
        if "adapter_requests_per_minute" in given:
            pairs = given["adapter_requests_per_minute"].split(",")
            given["adapter_requests_per_minute"] = dict(_pair(one) for one in pairs if one.strip())
        home = Path(given.get("home") or default_home(environ)).expanduser().absolute()
        given["home"] = str(home)
        given.setdefault("database_url", f"sqlite:///{home / 'samsvar.db'}")
        return _checked(given)

    @property
    def home_folder(self) -> Path:
        """The data folder, absolute. It may not exist yet."""
        return Path(self.home)

    def __repr__(self) -> str:
        """Without the values: keys and addresses with passwords stay out of logs."""
        return f"Settings(home={self.home!r})"


def variable(field: str) -> str:
    """The environment variable of a field: `wrong_rate` is `SAMSVAR_WRONG_RATE`."""
    return PREFIX + field.upper()


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: misspelled, most likely."""
    known = {variable(name) for name in Settings.__struct_fields__}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def default_home(environ: Mapping[str, str]) -> Path:
    """Where a program keeps its data on this platform."""
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or "~/AppData/Local") / "samsvar"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/samsvar")
    return Path(environ.get("XDG_DATA_HOME") or "~/.local/share") / "samsvar"


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def _checked(given: dict[str, Any]) -> Settings:
    problems = []
    for field in msgspec.structs.fields(Settings):
        if field.name not in given:
            continue
        try:
            msgspec.convert(given[field.name], field.type, strict=False)
        except msgspec.ValidationError as error:
            problems.append(_problem(field.name, given[field.name], str(error)))
    if problems:
        raise Invalid.of(problems)
    return msgspec.convert(given, Settings, strict=False)


def _problem(name: str, value: object, what: str) -> Problem:
    what = what.split(" - at")[0]
    if "matching regex" in what:
        what = "It cannot be read"
    shown = "" if name in SECRET or name.endswith("_url") else f" It is “{value}” now."
    meaning = meanings()[name]
    return Problem(variable(name), f"{what}.{shown} {meaning}")


def meanings() -> dict[str, str]:
    """Field name to its one-line meaning, for the help texts and the docs' test."""
    hints = msgspec.structs.fields(Settings)
    return {field.name: _description(field.type) for field in hints}


def _description(kind: Any) -> str:
    texts = [meta.description for meta in getattr(kind, "__metadata__", ()) if meta.description]
    return " ".join(texts)
