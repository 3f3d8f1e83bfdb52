"""Texts with `{field}` placeholders: names only, so a text can never reach into objects."""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from ants_async.errors import ValidationError

_FORMATTER: Final = Formatter()


class Template:
    """A text with placeholders, parsed once. `{{` and `}}` stand for braces.

    Raises `ValidationError` for a text that is empty or not of this form.
    """

    __slots__ = ("_parts", "fields", "text")

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise ValidationError("text", text, "must not be empty")
        self.text = text
        try:
            parsed = list(_FORMATTER.parse(text))
        except ValueError as error:
            raise ValidationError("text", text, f"{error}; write {{{{ and }}}} for braces") from None
        parts: list[tuple[str, str | None]] = []
        for literal, name, spec, conversion in parsed:
            if name is not None and (not name.isidentifier() or spec or conversion):
                raise ValidationError("text", text, "a placeholder is a plain field name like {name}")
            parts.append((literal, name))
        self._parts = tuple(parts)
        self.fields = frozenset(name for _, name in parts if name is not None)

    def render(self, fields: Mapping[str, str]) -> str:
        """The text with its placeholders filled. Raises `ValidationError`, naming a missing field."""
        if not self.fields:
            return "".join(literal for literal, _ in self._parts)
        missing = sorted(self.fields - fields.keys())
        if missing:
            have = ", ".join(sorted(fields)) or "none"
            raise ValidationError("text", self.text, f"field {missing[0]!r} is missing; there are: {have}")
        try:
            return "".join(literal + (fields[name] if name else "") for literal, name in self._parts)
        except TypeError:
            odd = next(name for name in sorted(self.fields) if not isinstance(fields[name], str))
            raise ValidationError(f"field {odd}", fields[odd], "a text, as every field is") from None
