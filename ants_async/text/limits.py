"""The API's limits for a text (manual section 3); past them it answers `REJECTED_MESSAGE_TOO_LONG` (25)."""

from typing import Final

from ants_async.errors import ValidationError
from ants_async.text.parts import count_parts

MAX_PARTS: Final = 25
MAX_BYTES: Final = 4000
"""The manual does not say bytes of what: UTF-8, in which the text travels, is taken."""

SURELY_FITS: Final = 800
"""Characters that fit whatever they are: at 2 places of 66 a part, or at 4 bytes each."""

_SHOWN: Final = 40  # characters of a refused text in the error


def check_text(
    text: str,
    *,
    field: str = "text",
    language_code: str | None = None,
    single_shift: bool | None = None,
    locking_shift: bool | None = None,
) -> None:
    """Refuse a text the API would refuse: over 4000 bytes or 25 parts, or with half a character.

    Raises `ValidationError` with `field`, the beginning of the text, and the rule; also for a national
    table that does not exist, see `analyze`.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ValidationError(field, _beginning(text), "a text of whole characters") from None
    if len(text) <= SURELY_FITS and language_code is None:
        return
    if size > MAX_BYTES:
        raise ValidationError(field, _beginning(text), f"at most {MAX_BYTES} bytes in UTF-8, not {size}")
    parts = count_parts(
        text, language_code=language_code, single_shift=single_shift, locking_shift=locking_shift
    )
    if parts > MAX_PARTS:
        raise ValidationError(field, _beginning(text), f"at most {MAX_PARTS} parts, not {parts}")


def _beginning(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
