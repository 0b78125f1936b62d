"""Removes what identifies a person before a text is stored, logged, shown or sent on.

National identity numbers (with D-, H-, synthetic and FH-numbers), account and card numbers
are told from other digits by their check digits; e-mail addresses and phone
numbers by their form. Each is replaced by a word in brackets, so that the rest
of the sentence still reads.

Check digits: Skatteetaten's rules for fødselsnummer, the modulus 11 of
Norwegian account numbers and ISO 7064 for IBAN, as python-stdnum has them; the
modulus 10 of Luhn (ISO/IEC 7812) for cards.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from stdnum import iban, luhn
from stdnum.no import kontonr

IDENTITY, ACCOUNT, CARD = "[fødselsnummer]", "[kontonummer]", "[kortnummer]"
PHONE, EMAIL = "[telefonnummer]", "[e-post]"

IDENTITY_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))

_EMAIL = re.compile(
    r"[\w.+'%-]{1,64}(?:[@＠]|\s?\(at\)\s?|\s?\[at\]\s?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Za-z])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
# What people write between the digits of one number: dashes and narrow spaces too.
_BETWEEN = r"[ .\-/()\t\u00a0\u2007\u2009-\u2015\u202f\u2212]"
_RUN = re.compile(rf"\+?\d(?:{_BETWEEN}{{0,2}}\d){{4,}}")
_SEPARATORS = re.compile(_BETWEEN)
_GROUP = re.compile(r"\+?\d+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+")
_MONEY_BEFORE = re.compile(r"\b(?:kr\.?|nok)\s?\Z", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"\s?(?:kr\b|kron|nok\b|,-)", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d\D(?:19|20)\d\d")
_DATE = re.compile(r"\d{4}(\D)\d{1,2}\1\d{1,2}|\d{1,2}(\D)\d{1,2}\2\d{4}")


def redact(text: str) -> str:
    """`text` without identity numbers, account and card numbers, phone numbers and addresses."""
    text = _plain_digits(text)
    text = _EMAIL.sub(EMAIL, text)
    return _RUN.sub(_replace_run, _replace_ibans(text))


def is_identity_number(digits: str) -> bool:
    """Whether eleven digits are an identity number: right check digits and a possible day.

    Includes D-numbers (day + 40), H-numbers and synthetic ones (month + 40 or + 80),
    and FH-numbers, which begin with 8 or 9 and hold no date.
    """
    if len(digits) != 11 or not digits.isdigit() or not _checks(digits):
        return False
    if digits[0] in "89":
        return True
    day, month = int(digits[:2]), int(digits[2:4])
    return 1 <= day % 40 <= 31 and 1 <= month % 40 <= 12


def is_phone_number(written: str) -> bool:
    """Whether digits read as a phone number: eight in Norway, or any with a country code."""
    between = set(_SEPARATORS.findall(written)) - set(" ()")
    if "/" in between or len(between) > 1:
        return False
    digits = _SEPARATORS.sub("", written)
    if digits.startswith(("+", "00")):
        return 8 <= len(digits.lstrip("+0")) <= 15
    if len(digits) == 10 and digits.startswith("47"):
        digits = digits[2:]
    in_time = _DATE.fullmatch(written) or _YEARS.fullmatch(written)
    return len(digits) == 8 and digits[0] in "2345679" and not in_time


def _is_identity(written: str) -> bool:
    """Eleven digits in one, or with a space between the date and the rest."""
    groups = _GROUP.findall(written)
    return (len(groups) == 1 or 6 in _cuts(groups)) and is_identity_number("".join(groups))


def _is_account(written: str) -> bool:
    groups = _GROUP.findall(written)
    return _cuts(groups) <= {4, 6} and bool(kontonr.is_valid("".join(groups)))


def _is_card(written: str) -> bool:
    groups = _GROUP.findall(written)
    usual = _cuts(groups) <= {4, 8, 12, 16} or _cuts(groups) == {4, 10}
    return usual and bool(luhn.is_valid("".join(groups)))


class _Kind(NamedTuple):
    """A kind of number: the word for it, its least and most digits, and what tells it."""

    word: str
    least: int
    most: int
    matches: Callable[[str], bool]


_KINDS = (
    _Kind(CARD, 13, 19, _is_card),
    _Kind(IDENTITY, 11, 11, _is_identity),
    _Kind(ACCOUNT, 11, 11, _is_account),
    _Kind(PHONE, 8, 18, is_phone_number),
)


def _replace_run(found: re.Match[str]) -> str:
    """Replace each number in a run of digits: several may stand side by side."""
    run = found.group()
    if _is_amount(found):
        return run
    for kind in _KINDS:
        run = _replace_kind(run, kind)
    return run


def _replace_kind(run: str, kind: _Kind) -> str:
    groups = list(_GROUP.finditer(run))
    parts, at = [], 0
    for first, group in enumerate(groups):
        end = None if group.start() < at else _end_of_number(run, groups[first:], kind)
        if end is not None:
            parts += [run[at : group.start()], kind.word]
            at = end
    return "".join((*parts, run[at:]))


def _end_of_number(run: str, groups: Sequence[re.Match[str]], kind: _Kind) -> int | None:
    """Where the longest number of that kind ends that begins with the first group."""
    digits, end = 0, None
    for group in groups:
        digits += len(group.group())
        # A + is no digit, but counts here.
        if digits > kind.most + 1:
            break
        written = run[groups[0].start() : group.end()]
        if digits >= kind.least and "[" not in written and kind.matches(written):
            end = group.end()
    return end


def _cuts(groups: Sequence[str]) -> set[int]:
    """After how many digits there is something between two groups."""
    cuts, digits = set(), 0
    for group in groups[:-1]:
        digits += len(group)
        cuts.add(digits)
    return cuts


def _is_amount(found: re.Match[str]) -> bool:
    """Whether digits are grouped by thousands, and kroner."""
    before = found.string[max(found.start() - 6, 0) : found.start()]
    money = _MONEY_BEFORE.search(before) or _MONEY_AFTER.match(found.string, found.end())
    return bool(money and _THOUSANDS.fullmatch(found.group()))


def _replace_ibans(text: str) -> str:
    parts, at = [], 0
    while (found := _IBAN.search(text, at)) is not None:
        end = _end_of_iban(found)
        parts += [text[at : found.start()], found.group()[:2] if end is None else ACCOUNT]
        at = found.start() + 2 if end is None else end
    return "".join((*parts, text[at:]))


def _end_of_iban(found: re.Match[str]) -> int | None:
    """Where the account number ends: the words after it look like more of it."""
    text, start = found.string, found.start()
    for end in range(found.end(), start + 14, -1):
        if text[end - 1].isalnum() and iban.is_valid(text[start:end]):
            return end
    return None


def _checks(digits: str) -> bool:
    numbers = [int(digit) for digit in digits]
    first, second = IDENTITY_WEIGHTS
    # The checksum of 2032 lets the first control digit be off by one of four remainders.
    return (
        sum(weight * number for weight, number in zip(first, numbers[:10], strict=True)) % 11
        in (0, 1, 2, 3)
        and not sum(weight * number for weight, number in zip(second, numbers, strict=True)) % 11
    )


def _plain_digits(text: str) -> str:
    """Digits of other scripts and full-width forms as 0-9, so that they cannot slip by."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(char)) if not char.isascii() and char.isdecimal() else char
        for char in text
    )
