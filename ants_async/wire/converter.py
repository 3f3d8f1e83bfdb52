"""Models ⇄ plain data: the API's spelling, and nothing that came is lost.

`sender` is `from` on the wire, a keyword in Python. What a model does not know, or cannot read where it could
do without, is kept in its `extra`: a wrong price must not cost a status.
"""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter, IterableValidationError, IterableValidationNote, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ants_async.errors import DecodeError
from ants_async.models.limits import RateLimit, TimeSpan
from ants_async.models.reports import LogPage, ReportPage
from ants_async.models.sms import Receipts, SendReceipt
from ants_async.models.statuses import Status
from ants_async.wire.quick import quick_receipts, quick_status

T = TypeVar("T")
_log = logging.getLogger("ants_async.wire")

_RENAMED: Final = {"sender": "from", "allowed_ips": "allowedIPs", "repeat_dtmf": "repeatDTMF"}
_LARGEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 40  # of a price or a balance
_MOST_ERRORS: Final = 10  # that are told, each cut to
_LONGEST_REASON: Final = 200  # characters
_MOST_UNREADABLE: Final = 1000
"""Entries of a page; it has no more than that in all."""
_SPELLINGS: Final[Mapping[Any, Any]] = {"mccmnc": "mccMnc"}  # as the logs have it


def camel(name: str) -> str:
    """`bulk_id` → `bulkId`, `sender` → `from`."""
    return _RENAMED.get(name) or re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def format_time(moment: datetime) -> str:
    """The manual's `yyyy-MM-dd'T'HH:mm:ss.SSSZ`. A moment without a time zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.isoformat(timespec="milliseconds")


def _without_colon(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    text = format_time(moment)
    return f"{text[:-3]}{text[-2:]}"


def _one_or_many(values: tuple[str, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)


_FORMATS: Final[Mapping[Any, Callable[[Any], Any]]] = {
    "offset without colon": _without_colon,
    "one or many": _one_or_many,
}
"""Fields that go out in a form of their own; a model names it in the metadata of the field, as `wire`."""


def _overrides(cls: type) -> dict[str, Any]:
    """How each field is spelt; only what is None is left out, for an empty list or a zero was meant."""
    return {
        field.name: override(omit=True)
        if field.name in ("extra", "unreadable")
        else override(
            rename=camel(field.name),
            omit_if_default=field.default is None,
            unstruct_hook=_FORMATS.get(field.metadata.get("wire")),
        )
        for field in attrs.fields(cls)
    }


def _structure_factory(cls: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    overrides = _overrides(cls)
    structure = make_dict_structure_fn(cls, converter, **overrides)
    known = {camel(name) for name in overrides} - {"extra"}
    keeps_unknown = "extra" in overrides

    def hook(data: Any, _: Any) -> Any:
        if data == "":  # in XML an object with nothing in it
            data = {}
        if not isinstance(data, Mapping):
            raise TypeError(f"expected an object, got {type(data).__name__}")
        if data.keys() <= known:
            model, extra = read(data), {}
        else:
            respelt = {_SPELLINGS.get(key, key): value for key, value in data.items()}
            model = read(respelt)
            extra = {key: value for key, value in respelt.items() if key not in known}
        return attrs.evolve(model, extra=model.extra | extra) if extra and keeps_unknown else model

    def read(data: Mapping[str, Any]) -> Any:
        try:
            return structure(data, cls)
        except Exception:
            if not keeps_unknown:
                raise
            odd = {key: data[key] for key in _unreadable(cls, converter, data)}
            if not odd:
                raise
            model = structure({key: value for key, value in data.items() if key not in odd}, cls)
            kept = {key: value for key, value in odd.items() if value is not None}
            return attrs.evolve(model, extra=kept)

    return hook


def _unreadable(cls: type[Any], converter: Converter, data: Mapping[str, Any]) -> list[str]:
    """The fields that a model can do without and that cannot be read."""
    found = []
    for field in attrs.fields(attrs.resolve_types(cls)):
        name = camel(field.name)
        if name in data and field.default is not attrs.NOTHING:
            try:
                converter.structure(data[name], field.type)
            except Exception:  # noqa: BLE001 - whatever the hooks raise
                found.append(name)
    return found


def _unstructure_factory(cls: type[Any], converter: Converter) -> Callable[[Any], Any]:
    unstructure = make_dict_unstructure_fn(cls, converter, **_overrides(cls))
    if "extra" not in attrs.fields_dict(cls):
        return unstructure
    return lambda model: {**unstructure(model), **model.extra}


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
    number = int(value)
    if abs(number) > _LARGEST:
        raise ValueError("expected a whole number of at most 64 bits")
    return number


def _decimal(value: Any, _: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    digits = str(value)
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"expected a number of at most {_MOST_DIGITS} digits")
    try:
        number = Decimal(digits)
    except ArithmeticError:
        raise ValueError("expected a number") from None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:  # 1e999999999 is short to write only
        raise ValueError("expected a finite number of a size that can be")
    return number


def _fraction(value: Any, _: Any) -> float:
    return float(_decimal(value, Decimal))


def _number(value: Decimal) -> int | float:
    """JSON's own kind: whole numbers stay whole, as far as a reader of JSON has to hold them."""
    is_whole = value == value.to_integral_value() and abs(value) <= _LARGEST
    return int(value) if is_whole else float(value)


def _truth(value: Any, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):  # how XML spells it
        return bool(value == "true")
    raise TypeError(f"expected true or false, got {type(value).__name__}")


def _moment(value: Any, _: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value, str))  # reads +0100 and +01:00 alike
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_SCALARS: Final[Mapping[Any, Callable[[Any, Any], Any]]] = {
    str: _text,
    int: _whole,
    float: _fraction,
    Decimal: _decimal,
    bool: _truth,
    datetime: _moment,
}


def _is_open_enum(kind: Any) -> bool:
    """`PinType | str | None`: the manual's values, and whatever else may come."""
    return isinstance(kind, UnionType) and any(
        isinstance(one, type) and issubclass(one, StrEnum) for one in get_args(kind)
    )


def _open_enum(value: Any, _: Any) -> str | None:
    """As it is: the model's own converter knows its members."""
    return None if value is None else _text(value, str)


def _is_list_of_texts(kind: Any) -> bool:
    item = get_args(kind)[0] if get_origin(kind) is tuple else None
    return item is str or _is_open_enum(item)


def _is_list_of_models(kind: Any) -> bool:
    return get_origin(kind) is tuple and attrs.has(get_args(kind)[0])


def _listed(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value


def _list_factory(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """What is wrong is told by place, and after some of it the rest is not looked at: a list can be long."""
    item = get_args(kind)[0]
    structure = converter.get_structure_hook(item)

    def hook(value: Any, _: Any) -> tuple[Any, ...]:
        models, errors = [], []
        for place, one in enumerate(_listed(value)):
            try:
                models.append(structure(one, item))
            except Exception as error:  # noqa: BLE001 - whatever the hooks raise
                note = IterableValidationNote(f"at {place}", place, item)
                error.__notes__ = [*getattr(error, "__notes__", []), note]  # where transform_error looks
                errors.append(error)
                if len(errors) == _MOST_ERRORS:
                    break
        if errors:
            raise IterableValidationError("in a list", errors, kind)  # pyright: ignore[reportCallIssue]
        return tuple(models)

    return hook


def _page_factory(cls: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    """Reports and log entries are read one by one: one that cannot be read must not cost the others."""
    (kind,) = {get_args(field.type)[0] for field in attrs.fields(cls) if field.name == "results"}
    structure = converter.get_structure_hook(kind)

    def hook(data: Any, _: Any) -> Any:
        if data == "":  # in XML an answer with nothing in it
            return cls(results=())
        if not isinstance(data, Mapping) or "results" not in data:  # whatever it is, it is not the answer
            raise TypeError("expected an object with results")
        models, unreadable = [], 0
        for place, item in enumerate(_listed(data["results"])):
            try:
                models.append(structure(item, kind))
            except Exception as error:  # noqa: BLE001 - whatever the hooks raise
                unreadable += 1
                _pass_over(place, unreadable, error)
        return cls(results=tuple(models), unreadable=unreadable)

    return hook


def _pass_over(place: int, count: int, error: Exception) -> None:
    """One entry of a page; the log is told of the first few."""
    if count > _MOST_UNREADABLE:
        raise ValueError(f"more than {_MOST_UNREADABLE} results cannot be read")
    if count <= _MOST_ERRORS:
        _log.warning("results[%d] cannot be read and is passed over: %s", place, _reasons(error))


def _make_converter() -> Converter:
    converter = Converter()
    for kind, hook in _SCALARS.items():
        converter.register_structure_hook(kind, hook)
    for form in (TimeSpan, RateLimit):
        converter.register_structure_hook(form, lambda value, cls: cls(_text(value, str)))
        converter.register_unstructure_hook(form, str)
    converter.register_structure_hook_func(_is_list_of_texts, _texts)
    converter.register_structure_hook_func(_is_open_enum, _open_enum)
    converter.register_unstructure_hook(datetime, format_time)
    converter.register_unstructure_hook(Decimal, _number)
    converter.register_structure_hook_factory(attrs.has)(_structure_factory)
    converter.register_structure_hook_factory(_is_list_of_models)(_list_factory)
    converter.register_structure_hook_factory({ReportPage, LogPage}.__contains__)(_page_factory)
    converter.register_structure_hook(Status, quick_status(converter.get_structure_hook(Status)))
    converter.register_structure_hook(Receipts, quick_receipts(converter.get_structure_hook(SendReceipt)))
    converter.register_unstructure_hook_factory(attrs.has)(_unstructure_factory)
    return converter


_CONVERTER: Final = _make_converter()


def to_model(data: Any, cls: type[T]) -> T:
    """Plain data as a model. Raises `DecodeError` naming each path that is wrong."""
    try:
        return _CONVERTER.structure(data, cls)
    except RecursionError:
        raise DecodeError(f"the answer is no {_name(cls)}: nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - cattrs groups whatever the hooks raise
        raise DecodeError(f"the answer is no {_name(cls)}: {_reasons(error)}") from None


def _name(cls: Any) -> str:
    return getattr(cls, "__name__", str(cls))


def _reasons(error: Exception) -> str:
    return "; ".join(transform_error(error, path="$", format_exception=_reason)[:_MOST_ERRORS])


def _reason(error: BaseException, _: type | None) -> str:
    reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def to_plain(model: Any, cls: type | None = None) -> Any:
    """A model as plain data in the API's spelling, with the fields of `cls` if that is a base of it."""
    return _CONVERTER.unstructure(model, unstructure_as=cls)
