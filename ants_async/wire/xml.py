"""XML by xmltodict, in the manual's shapes: a list is a wrapper around its entries.

`<messages><message>…</message></messages>` is `{"messages": [{…}]}`, whether there is one or many. Scalars
come as text; the models read them. The API declares nothing: a document type is refused, and with it every
entity, before it means anything.
"""

import re
from typing import Any, Final
from xml.parsers.expat import ExpatError, ParserCreate

import xmltodict

from ants_async.wire.caps import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY

ENTRIES: Final = {
    "messages": "message",
    "destinations": "destination",
    "to": "to",
    "results": "result",
    "previews": "preview",
}
"""The name of a list's entries."""

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def dumps(data: dict[str, Any], root: str) -> bytes:
    """UTF-8 XML. Raises ValueError for characters that XML 1.0 cannot hold."""
    text: str = xmltodict.unparse({root: _wrapped(data)}, short_empty_elements=False)
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        raise ValueError(f"XML cannot hold the character {forbidden[0]!r}")
    return text.replace("\r", "&#13;").encode()  # a bare one would be read as a line feed


def loads(content: bytes) -> Any:
    """What stands below the root, whatever that is called. Raises ValueError."""
    try:
        _check(content)
        (data,) = xmltodict.parse(content, xml_attribs=False, strip_whitespace=False).values()
        return _unwrapped(data)
    except (ExpatError, LookupError) as error:  # the latter for an encoding nobody knows
        raise ValueError(str(error)) from None


def _check(content: bytes) -> None:
    """A first pass that keeps nothing: xmltodict would build all of it first. Raises ValueError."""
    depth = count = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > MAX_DEPTH:
            raise ValueError(TOO_DEEP)
        if count > MAX_VALUES:
            raise ValueError(TOO_MANY)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise ValueError("a document type, which the API never sends")

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)  # it is the last piece


def _wrapped(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, dict):
        return value
    return {
        name: {ENTRIES.get(name, "item"): [_wrapped(item) for item in one]}
        if isinstance(one, list | tuple)
        else _wrapped(one)
        for name, one in value.items()
    }


def _unwrapped(value: Any, name: str = "") -> Any:
    if value is None:
        value = ""
    entry = ENTRIES.get(name)
    if isinstance(value, str):  # white space stands around entries, and is all there is when there are none
        return [] if entry and entry != name and not value.strip() else value
    if isinstance(value, list):
        return [_unwrapped(one, name) for one in value]
    fields = {key: one for key, one in value.items() if key != "#text"}
    if entry and fields.keys() == {entry}:
        entries = fields[entry]
        return [_unwrapped(one) for one in (entries if isinstance(entries, list) else [entries])]
    return {key: _unwrapped(one, key) for key, one in fields.items()}
