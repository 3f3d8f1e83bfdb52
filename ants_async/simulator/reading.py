"""Reading what a request says as the API does: what is wrong is named by its path, `messages[3].text`."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

_SENDER: Final = re.compile(r"[A-Za-z0-9 ._&-]{1,11}|[0-9]{1,16}")
DATE_RULE: Final = "date format should be yyyy-MM-dd'T'HH:mm:ss.SSSZ"


class Refusal(Exception):
    """An HTTP refusal with the API's error body."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def bad(path: str, rule: str) -> Refusal:
    """400 in the API's own words."""
    return Refusal(400, "BAD_REQUEST", f"[{path} : {rule}]")


class Fields:
    """An object of a body. Numbers and truths may come as text, as XML has them."""

    def __init__(self, data: Any, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise bad(path.rstrip(".") or "body", "must be an object")
        self._data = data
        self._path = path

    def path(self, name: str) -> str:
        """Where a field stands."""
        return f"{self._path}{name}"

    def any(self, name: str) -> Any:
        """As it is."""
        return self._data.get(name)

    def text(self, name: str, *, most: int | None = None) -> str | None:
        """A string, or None."""
        value = self._data.get(name)
        if value is not None and not isinstance(value, str):
            raise bad(self.path(name), "must be a string")
        if value is not None and most is not None and len(value) > most:
            raise bad(self.path(name), f"size must be between 0 and {most}")
        return value

    def needed(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise bad(self.path(name), "may not be null")
        return value

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number within bounds, or None."""
        value = self._data.get(name)
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            value = int(value)
        if value is not None and not (type(value) is int and least <= value <= most):
            raise bad(self.path(name), f"must be between {least} and {most}")
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """A number within bounds, or None."""
        value = self._data.get(name)
        if value is not None and not (type(value) in {int, float} and least <= value <= most):
            raise bad(self.path(name), f"must be between {least:g} and {most:g}")
        return value

    def flag(self, name: str) -> bool | None:
        """A truth, or None."""
        value = self._data.get(name)
        if value in ("true", "false"):
            value = value == "true"
        if value is not None and not isinstance(value, bool):
            raise bad(self.path(name), "must be true or false")
        return value

    def moment(self, name: str) -> float | None:
        """A date with an offset as seconds since the epoch, or None."""
        value = self.text(name)
        return None if value is None else epoch(self.path(name), value)

    def inner(self, name: str) -> "Fields | None":
        """An object within, or None."""
        value = self._data.get(name)
        return None if value is None else Fields(value, f"{self.path(name)}.")

    def each(self, name: str) -> Iterator["Fields"]:
        """The objects of a list that may not be empty."""
        values = self._data.get(name)
        if not isinstance(values, list) or not values:
            raise bad(self.path(name), "may not be empty")
        for place, value in enumerate(values):
            yield Fields(value, f"{self.path(name)}[{place}].")

    def texts(self, name: str) -> list[str] | None:
        """A list of strings, or None."""
        values = self._data.get(name)
        if values is not None and not (
            isinstance(values, list) and all(isinstance(value, str) for value in values)
        ):
            raise bad(self.path(name), "must be a list of strings")
        return values

    def sender(self, name: str) -> str | None:
        """A sender name the API takes, or None."""
        value = self.text(name)
        if value and not _SENDER.fullmatch(value):
            raise bad(self.path(name), "at most 11 alphanumeric characters")
        return value


def epoch(path: str, value: str) -> float:
    """Seconds since the epoch. Both forms of offset are read; without one it is UTC."""
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+"))  # a plus that nobody escaped
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise bad(path, DATE_RULE) from None
