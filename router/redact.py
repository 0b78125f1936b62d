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
from collections.abc import Callable

from stdnum import iban, luhn
from stdnum.no import kontonr

IDENTITY, ACCOUNT, CARD = "[fødselsnummer]", "[kontonummer]", "[kortnummer]"
PHONE, EMAIL = "[telefonnummer]", "[e-post]"

IDENTITY_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))

_EMAIL = re.compile(
    r"[\w.+'%-]{1,64}(?:@|\s?\(at\)\s?|\s?\[at\]\s?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
)
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}\b")
_DIGITS = re.compile(r"(?<![\w])(?:\+|00)?\d(?:[ .\-/()\u00a0]{0,2}\d){4,23}(?![\w])")
_SEPARATORS = re.compile(r"[ .\-/()\u00a0]")


def redact(text: str) -> str:
    """`text` without identity numbers, account and card numbers, phone numbers and addresses."""
    text = _plain_digits(text)
    text = _EMAIL.sub(EMAIL, text)
    text = _IBAN.sub(lambda found: ACCOUNT if iban.is_valid(found.group()) else found.group(), text)
    return _DIGITS.sub(_replace_digits, text)


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
    digits = _SEPARATORS.sub("", written)
    if digits.startswith(("+", "00")):
        return 8 <= len(digits.lstrip("+0")) <= 15
    if len(digits) == 10 and digits.startswith("47"):
        digits = digits[2:]
    return len(digits) == 8 and digits[0] in "2345679" and not _is_date(written)


def _replace_digits(found: re.Match[str]) -> str:
    written = found.group()
    digits = _SEPARATORS.sub("", written).lstrip("+")
    kinds: tuple[tuple[str, Callable[[], bool]], ...] = (
        (IDENTITY, lambda: is_identity_number(digits)),
        (ACCOUNT, lambda: len(digits) == 11 and kontonr.is_valid(digits)),
        (CARD, lambda: 13 <= len(digits) <= 19 and luhn.is_valid(digits)),
        (PHONE, lambda: is_phone_number(written)),
    )
    for word, matches in kinds:
        if matches():
            return word
    return _redact_parts(written)


def _redact_parts(written: str) -> str:
    """Two numbers side by side are one run of digits: look at each group that stands alone."""
    parts = re.split(r"(\s+)", written)
    if len(parts) == 1:
        return written
    return "".join(part if not part.strip() else _replace_one(part) for part in parts)


def _replace_one(part: str) -> str:
    digits = _SEPARATORS.sub("", part)
    if is_identity_number(digits):
        return IDENTITY
    if len(digits) == 11 and kontonr.is_valid(digits):
        return ACCOUNT
    return PHONE if is_phone_number(part) else part


def _checks(digits: str) -> bool:
    numbers = [int(digit) for digit in digits]
    first, second = IDENTITY_WEIGHTS
    # The checksum of 2032 lets the first control digit be off by one of four remainders.
    return (
        sum(weight * number for weight, number in zip(first, numbers[:10], strict=True)) % 11
        in (0, 1, 2, 3)
        and not sum(weight * number for weight, number in zip(second, numbers, strict=True)) % 11
    )


def _is_date(written: str) -> bool:
    return bool(re.fullmatch(r"\d{4}[-./]\d{2}[-./]\d{2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}", written))


def _plain_digits(text: str) -> str:
    """Digits of other scripts and full-width forms as 0-9, so that they cannot slip by."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(char)) if not char.isascii() and char.isdigit() else char
        for char in text
    )
