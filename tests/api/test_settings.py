"""Every setting is documented, and a wrong one says what it must be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from brains.errors import Invalid
from router.settings import Settings, meanings, unknown_variables, variable

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `(SAMSVAR_\w+)` \| (.*?) \| (.*) \|$", re.MULTILINE)
# Their default is told in words.
IN_WORDS = {
    "home",
    "database_url",
    "cache",
    "public_url",
    "allowed_hosts",
    "partner_networks",
    "trusted_proxies",
    "adapter_requests_per_minute",
    "demo_brain",
}


def documented() -> dict[str, tuple[str, str]]:
    """Variable to default and meaning, from the docs' table."""
    rows: list[tuple[str, str, str]] = ROW.findall(DOCS.read_text("utf-8"))
    return {name: (default, meaning) for name, default, meaning in rows}


def test_the_docs_list_exactly_the_settings_there_are() -> None:
    assert list(documented()) == [variable(name) for name in Settings.__struct_fields__]


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_the_docs_say_what_the_program_says(field: str) -> None:
    default, meaning = documented()[variable(field)]
    assert meaning.startswith(meanings()[field].rstrip("."))
    actual = getattr(Settings.from_environment({}), field)
    if field not in IN_WORDS and actual != "":
        assert default == f"`{str(actual).lower()}`"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAMSVAR_WRONG_RATE", "5"),
        ("SAMSVAR_WRONG_RATE", "0"),
        ("SAMSVAR_WRONG_RATE", "nan"),
        ("SAMSVAR_WRONG_RATE", "low"),
        ("SAMSVAR_MESSAGE_CHARS_MAX", "1.5"),
        ("SAMSVAR_BODY_BYTES_MAX", "-1"),
        ("SAMSVAR_DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("SAMSVAR_REDIS_URL", "localhost:6379"),
        ("SAMSVAR_PUBLIC_URL", "svar.example"),
        ("SAMSVAR_LOG_LEVEL", "loud"),
        ("SAMSVAR_DEMO", "perhaps"),
        ("SAMSVAR_ADMIN_KEY", "with space"),
        ("SAMSVAR_ADAPTER_REQUESTS_PER_MINUTE", "openai"),
        ("SAMSVAR_ADAPTER_REQUESTS_PER_MINUTE", "openai=60,a2a=0"),
    ],
)
def test_a_wrong_value_is_named_but_no_secret_is(name: str, value: str) -> None:
    with pytest.raises(Invalid) as error:
        Settings.from_environment({name: value})
    assert name in str(error.value)
    assert "hunter2" not in str(error.value) and "with space" not in str(error.value)


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(Invalid) as error:
        Settings.from_environment({"SAMSVAR_WRONG_RATE": "x", "SAMSVAR_RETENTION_DAYS": "0"})
    assert len(error.value.problems) == 2


def test_values_are_read(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "SAMSVAR_HOME": str(tmp_path),
            "SAMSVAR_ALLOWED_HOSTS": "a.example, b.example,",
            "SAMSVAR_ADAPTER_REQUESTS_PER_MINUTE": "openai=60, a2a = 600,",
            "SAMSVAR_WRONG_RATE": " 0.1 ",
            "SAMSVAR_DEMO": "true",
            "SAMSVAR_MODEL": "",
        }
    )
    assert settings.database_url == f"sqlite:///{tmp_path / 'samsvar.db'}"
    assert settings.allowed_hosts == ["a.example", "b.example"]
    assert settings.adapter_requests_per_minute == {"openai": 60, "a2a": 600}
    assert (settings.wrong_rate, settings.demo, settings.model) == (0.1, True, "")


def test_secrets_stay_out_of_logs() -> None:
    environ = {"SAMSVAR_ADMIN_KEY": "hunter2", "SAMSVAR_REDIS_URL": "redis://:hunter2@redis"}
    assert "hunter2" not in repr(Settings.from_environment(environ))


def test_misspelled_settings_are_found() -> None:
    environ = {"SAMSVAR_WRONGRATE": "0.1", "SAMSVAR_HOME": "/x", "PATH": "/bin"}
    assert unknown_variables(environ) == ["SAMSVAR_WRONGRATE"]
