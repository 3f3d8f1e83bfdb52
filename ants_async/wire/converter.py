"""Models ⇄ plain data: snake_case and camelCase, dates, and what is unknown is kept.

`sender` is `from` on the wire, a keyword in Python; reports and logs spell `mccMnc` in two ways.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import attrs
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ants_async.errors import DecodeError

T = TypeVar("T")

_RENAMED: Final = {"sender": "from"}
_SPELLINGS: Final[Mapping[Any, Any]] = {"mccmnc": "mccMnc"}


def camel(name: str) -> str:
    """`bulk_id` → `bulkId`, `sender` → `from`."""
    return _RENAMED.get(name) or re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def format_time(moment: datetime) -> str:
    """The manual's `yyyy-MM-dd'T'HH:mm:ss.SSSZ`. A moment without a time zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.isoformat(timespec="milliseconds")


def _names(cls: type) -> dict[str, Any]:
    return {
        field.name: override(omit=True) if field.name == "extra" else override(rename=camel(field.name))
        for field in attrs.fields(cls)
    }


def _structure_factory(cls: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    overrides = _names(cls)
    structure = make_dict_structure_fn(cls, converter, **overrides)
    known = {camel(name) for name in overrides} - {"extra"}
    keeps_unknown = "extra" in overrides

    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"expected an object, got {type(data).__name__}")
        unknown = data.keys() - known
        if not unknown:
            return structure(data, cls)
        respelt = {_SPELLINGS.get(key, key): value for key, value in data.items()}
        model = structure(respelt, cls)
        extra = {key: value for key, value in respelt.items() if key not in known}
        return attrs.evolve(model, extra=extra) if extra and keeps_unknown else model

    return hook


def _unstructure_factory(cls: type[Any], converter: Converter) -> Callable[[Any], Any]:
    return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=True, **_names(cls))


def _text(value: Any, _: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"expected a string, got {type(value).__name__}")


def _texts(value: Any, _: Any) -> tuple[str, ...]:
    """The API takes and gives one string where a list has one entry."""
    return tuple(_text(item, str) for item in (value if isinstance(value, list | tuple) else [value]))


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"expected a whole number, got {type(value).__name__}")
    return int(value)


def _decimal(value: Any, _: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise ValueError("expected a number") from None
    if not number.is_finite():
        raise ValueError("expected a finite number")
    return number


def _truth(value: Any, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):  # how XML spells it
        return bool(value == "true")
    raise TypeError(f"expected true or false, got {type(value).__name__}")


def _moment(value: Any, _: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value, str))  # reads +0100 and +01:00 alike
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _make_converter() -> Converter:
    converter = Converter(omit_if_default=True)
    for kind, hook in ((str, _text), (int, _whole), (Decimal, _decimal), (bool, _truth), (datetime, _moment)):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], _texts)
    converter.register_unstructure_hook(datetime, format_time)
    converter.register_structure_hook_factory(attrs.has)(_structure_factory)
    converter.register_unstructure_hook_factory(attrs.has)(_unstructure_factory)
    return converter


_CONVERTER: Final = _make_converter()


def to_model(data: Any, cls: type[T]) -> T:
    """Plain data as a model. Raises `DecodeError` naming each path that is wrong."""
    try:
        return _CONVERTER.structure(data, cls)
    except RecursionError:
        raise DecodeError(f"the answer is no {cls.__name__}: nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - cattrs groups whatever the hooks raise
        reasons = "; ".join(transform_error(error, path="$", format_exception=_reason))
        raise DecodeError(f"the answer is no {cls.__name__}: {reasons}") from None


def _reason(error: BaseException, _: type | None) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def to_plain(model: Any) -> Any:
    """A model as plain data in the API's spelling; what has its default is left out."""
    return _CONVERTER.unstructure(model)
