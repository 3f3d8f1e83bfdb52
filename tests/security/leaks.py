"""Finds secrets wherever a program shows what it knows: texts, errors with their frames, objects, logs.

A *canary* is a secret made for one test, so that wherever it turns up it was leaked.
"""

import gc
import html
import json
import logging
import pickle
import traceback
import warnings
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

HERE = str(Path(__file__).parents[1])  # frames of tests hold the secrets they made
OURS = "ants_async"


class Canaries:
    """Secrets by name, each in the spellings it may turn up in."""

    def __init__(self, **secrets):
        self._spellings = {}
        for name, secret in secrets.items():
            self.add(name, secret)

    def add(self, name, *secrets):
        for secret in secrets:
            raw = secret.encode("latin-1", "backslashreplace")
            spellings = {secret, quote(secret, safe=""), ascii(secret)[1:-1], repr(raw)[2:-1]}
            spellings |= {json.dumps(secret)[1:-1], html.escape(secret)}
            spellings |= {b64encode(raw).decode(), b64encode(secret.encode()).decode(), secret.encode().hex()}
            self._spellings.setdefault(name, set()).update(spellings)

    def add_basic(self, username, password):
        self.add("password", password)
        self._spellings["basic"] = {b64encode(f"{username}:{password}".encode("latin-1")).decode()}

    def in_text(self, text):
        """The names of those that a text holds."""
        return {name for name, some in self._spellings.items() if any(one in text for one in some)}

    def in_bytes(self, content):
        return self.in_text(content.decode("latin-1")) | self.in_text(content.decode(errors="replace"))

    def in_object(self, thing):
        """In what an object, and every object of ours that it leads to, says of itself."""
        return {
            f"{name} in {type(one).__name__}"
            for one in reachable(thing)
            for name in self.in_text(f"{one!r} {one} {one:}")
        }

    def in_error(self, error):
        """In an error, the errors it came from, and the local variables of all frames they drag along."""
        return {f"{name} in {where}" for where, text in shown_by(error) for name in self.in_text(text)}


def reachable(thing):
    """The object, and what it leads to through objects of this package and plain containers."""
    seen, waiting = {}, [thing]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen[id(one)] = one
        if type(one).__module__.startswith(OURS) or isinstance(one, (dict, list, tuple, set, frozenset)):
            waiting += gc.get_referents(one)
    return [one for one in seen.values() if type(one).__module__.startswith(OURS)]


def shown_by(error):
    """Everything an error shows, each with the place it is shown at."""
    rendered = traceback.TracebackException.from_exception(error)
    yield "the traceback", "".join(rendered.format())
    if type(error).__module__.startswith(OURS):
        yield "its pickle", pickle.dumps(error).decode("latin-1")
    for one in _chain(error):
        name = type(one).__name__
        yield f"str of {name}", str(one)
        yield f"repr of {name}", repr(one)
        yield f"attributes of {name}", repr((one.args, vars(one), getattr(one, "__notes__", ())))
        for attribute in ("doc", "object"):  # of JSON and Unicode errors: all that was read
            yield f"{attribute} of {name}", str(getattr(one, attribute, ""))
        for frame, _ in traceback.walk_tb(one.__traceback__):
            code = frame.f_code
            if not code.co_filename.startswith(HERE):
                yield f"a frame of {code.co_qualname}", " ".join(map(_repr, frame.f_locals.values()))


def _chain(error):
    """The error, and all it came from, also where that is not shown by default."""
    seen, waiting = set(), [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def _repr(value):
    try:
        return repr(value)
    except AttributeError:  # of what was only half made
        return ""


class Heard:
    """What was logged and warned of."""

    def __init__(self):
        self.lines = []

    @property
    def text(self):
        return "\n".join(self.lines)


class _Listener(logging.Handler):
    def __init__(self, lines):
        super().__init__(level=1)
        self._lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record):
        # How long something took is as many digits as a PIN, and by chance they are those of one.
        args = record.args if not isinstance(record.args, tuple) else _without_floats(record.args)
        self._lines.append(f"{self.format(record)} {args}")


def _without_floats(args):
    return tuple(one for one in args if not isinstance(one, float))


@contextmanager
def listening():
    """Every logger there is, at its most talkative, and every warning."""
    heard = Heard()
    listener = _Listener(heard.lines)
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    loggers = [logging.root, *known]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
        logger.propagate = True
    logging.root.addHandler(listener)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield heard
        heard.lines += [str(one.message) for one in warned]
    finally:
        logging.root.removeHandler(listener)
        for logger, level, propagate in before:
            logger.setLevel(level)
            logger.propagate = propagate
