"""For the Python reference: classes made by attrs show how they are made, as `__init__` would.

What reads the source for it knows dataclasses, but not attrs.
"""

from collections.abc import Iterator
from typing import Any, Final

import griffe

_MAKERS: Final = frozenset({"attrs.frozen", "attrs.define", "attrs.mutable"})


class AttrsClasses(griffe.Extension):
    """Give them a signature, and drop the fields that are in it and have nothing else to say."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Everything of the package is known by now, so that bases can be followed."""
        made = [one for one in _classes(pkg) if _maker(one) is not None]
        signatures = {one.path: _signature(one) for one in made}
        for one in made:
            if "__init__" not in one.members:
                one.set_member("__init__", signatures[one.path])
            for name in list(one.members):
                member = one.members[name]
                if name in signatures[one.path].parameters and member.is_attribute and not member.docstring:
                    del one.members[name]


def _classes(within: griffe.Module | griffe.Class) -> Iterator[griffe.Class]:
    for member in list(within.members.values()):
        if isinstance(member, griffe.Class):
            yield member
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _classes(member)


def _maker(made: griffe.Class) -> griffe.Decorator | None:
    return next((one for one in made.decorators if one.callable_path in _MAKERS), None)


def _signature(made: griffe.Class) -> griffe.Function:
    fields: dict[str, griffe.Parameter] = {}
    for base in [*reversed(made.mro()), made]:
        maker = _maker(base)
        if maker is None:
            continue
        only_by_name = _words(maker.value).get("kw_only") == "True"
        for member in base.members.values():
            if (
                member.is_attribute
                and "instance-attribute" in member.labels
                and member.annotation is not None
            ):
                parameter = _parameter(member, only_by_name=only_by_name)
                if parameter is not None:
                    fields[parameter.name] = parameter
    by_name = sorted(fields.values(), key=lambda one: one.kind is griffe.ParameterKind.keyword_only)
    own = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
    init = griffe.Function("__init__", parameters=griffe.Parameters(own, *by_name), returns="None")
    init.parent = made
    return init


def _parameter(field: Any, *, only_by_name: bool) -> griffe.Parameter | None:
    value, words = field.value, {}
    if isinstance(value, griffe.ExprCall) and value.canonical_path == "attrs.field":
        words = _words(value)
        value = words.get("default", f"{words['factory']}()" if "factory" in words else None)
    if words.get("init") == "False":
        return None
    alias = words.get("alias", repr(field.name.lstrip("_"))).strip("'\"")
    by_name = only_by_name or words.get("kw_only") == "True"
    kind = griffe.ParameterKind.keyword_only if by_name else griffe.ParameterKind.positional_or_keyword
    return griffe.Parameter(
        alias, annotation=field.annotation, kind=kind, default=None if value is None else str(value)
    )


def _words(call: Any) -> dict[str, str]:
    arguments = call.arguments if isinstance(call, griffe.ExprCall) else ()
    return {one.name: str(one.value) for one in arguments if isinstance(one, griffe.ExprKeyword)}
