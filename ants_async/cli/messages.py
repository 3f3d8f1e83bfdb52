"""Messages from a file of JSON lines, for one multi request."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ants_async.errors import ConfigurationError, ValidationError
from ants_async.models.sms import Binary, BinaryMessage, TextMessage

_EXAMPLE: Final = 'a JSON object like {"to": "66847781470", "text": "Hi"}'
_KNOWN: Final = frozenset({"to", "text", "hex", "sender", "data_coding", "esm_class"})
_BINARY_ONLY: Final = frozenset({"data_coding", "esm_class"})
_SHOWN: Final = 60  # characters of a line that cannot be read


def read_messages(
    path: Path, sender: str | None
) -> tuple[Sequence[TextMessage], None] | tuple[None, Sequence[BinaryMessage]]:
    """All the messages of a file: all texts, or all binary. `sender` is for lines without their own.

    Raises `ValidationError` naming the line, and `ConfigurationError` for the file as a whole.
    """
    texts: list[TextMessage] = []
    binaries: list[BinaryMessage] = []
    for number, line in _lines(path):
        try:
            message = _message(_object(line), sender)
        except ValidationError as error:
            raise ValidationError(f"{path}, line {number}: {error.field}", error.value, error.rule) from None
        if isinstance(message, TextMessage):
            texts.append(message)
        else:
            binaries.append(message)
    if texts and binaries:
        raise ConfigurationError(f"{path}: all with a text, or all with hex: they are different requests")
    if not texts and not binaries:
        raise ConfigurationError(f"{path}: there are no messages in it")
    return (None, binaries) if binaries else (texts, None)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank. JSON has escapes for every other line break, so only `\\n` is one."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _object(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ValidationError("message", line[:_SHOWN], _EXAMPLE)
    return data


def _message(data: dict[str, Any], sender: str | None) -> TextMessage | BinaryMessage:
    if unknown := data.keys() - _KNOWN:
        raise ValidationError("message", min(unknown), f"only {', '.join(sorted(_KNOWN))}")
    if ("text" in data) is ("hex" in data):
        raise ValidationError("message", sorted(data), "either a text or hex")
    to, own_sender = data.get("to"), data.get("sender", sender)
    if not isinstance(to, str | list):
        raise ValidationError("to", to, "a number, or a list of numbers, as text")
    if not isinstance(own_sender, str | None):
        raise ValidationError("sender", own_sender, "a text")
    if "hex" in data:
        return BinaryMessage(to=to, binary=_binary(data), sender=own_sender)
    if stray := data.keys() & _BINARY_ONLY:
        raise ValidationError("message", min(stray), "for hex alone")
    if isinstance(data["text"], str) and not data["text"].strip():
        raise ValidationError("text", data["text"], "must not be empty")
    return TextMessage(to=to, text=data["text"], sender=own_sender)


def _binary(data: dict[str, Any]) -> Binary:
    codes = {name: data[name] for name in _BINARY_ONLY if name in data}
    for name, code in codes.items():
        if isinstance(code, bool) or not isinstance(code, int):
            raise ValidationError(name, code, "a whole number")
    if not data["hex"]:
        raise ValidationError("hex", data["hex"], "must not be empty")
    return Binary(data["hex"], **codes)
