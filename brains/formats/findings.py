"""What reading finds: entries with where they stand, what is wrong, and what was left out.

A reader puts each entry into `Findings.add` and everything wrong into
`Findings.wrong`, and goes on; at the end all problems are raised together.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from brains import checks
from brains.errors import Invalid, Problem
from brains.formats import letters
from brains.formats.ids import Ids
from brains.model import Entry

PROBLEMS_MAX = 200


class Row(msgspec.Struct, frozen=True):
    """One entry of a file; `place` is where, as errors say it: `svar.csv, line 3`."""

    place: str
    entry: Entry


class Contents(msgspec.Struct, frozen=True):
    """What files held. `notes` says what was left out or guessed: worth a look, not wrong."""

    format: str
    rows: list[Row]
    notes: list[Problem] = []


class Findings:
    """Collects one upload. `language` is that of texts that do not say."""

    def __init__(self, language: str = "nb") -> None:
        self.language = language
        self.ids = Ids()
        self.rows: list[Row] = []
        self.notes: list[Problem] = []
        self._problems: list[Problem] = []
        self._more = 0
        self._first: dict[str, str] = {}

    @property
    def entries(self) -> list[Entry]:
        return [row.entry for row in self.rows]

    def add(
        self,
        place: str,
        entry: Entry,
        named: Callable[[Problem], Problem] | None = None,
        as_is: bool = False,
    ) -> None:
        """Takes an entry, and checks it: by itself, and that its id is not taken.

        `named` says a problem of a field in the file's own words. Characters that nobody sees
        are left out of it, unless it is to stay `as_is`. Raises `Invalid` where there are more
        than may be imported at a time.
        """
        if len(self.rows) == checks.ENTRIES_AT_ONCE_MAX:
            raise Invalid(f"Import at most {checks.ENTRIES_AT_ONCE_MAX} entries at a time.")
        entry = entry if as_is else _cleaned(entry)
        first = self._first.get(entry.id)
        problems = list(checks.check_entry(entry))
        if first is None:
            self._first[entry.id] = place
        else:
            problems.append(Problem("field id", f"The same id is in {first}. Change one."))
        for problem in map(named, problems) if named else problems:
            self.wrong(_at(place, problem.pointer), problem.text)
        self.rows.append(Row(place, entry))

    def wrong(self, pointer: str, text: str) -> None:
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.append(Problem(pointer, text))
        else:
            self._more += 1

    def refused(self, error: Invalid, place: str = "") -> None:
        """Takes over what another check has found wrong."""
        for problem in error.problems:
            self.wrong(_at(place, problem.pointer), problem.text)

    def note(self, pointer: str, text: str) -> None:
        self.notes.append(Problem(pointer, text))

    def guessed(self, place: str, encoding: str) -> None:
        """Notes that a text's encoding was guessed, if it was."""
        if encoding:
            self.note(
                place,
                f"It is not UTF-8, so it is read as {encoding}: look at æ, ø and å below.",
            )

    def refuse(self) -> None:
        """Raises `Invalid` with everything found wrong, if anything was."""
        if self._problems:
            more = [Problem("", f"And {self._more} more.")] if self._more else []
            raise Invalid.of(self._problems + more)


def _cleaned(entry: Entry) -> Entry:
    return msgspec.structs.replace(
        entry,
        questions=[letters.line(question) for question in entry.questions],
        answers={language: letters.lines(text) for language, text in entry.answers.items()},
        title=letters.line(entry.title),
        topic=letters.line(entry.topic),
    )


def _at(place: str, pointer: str) -> str:
    return ", ".join(filter(None, (place, pointer)))
