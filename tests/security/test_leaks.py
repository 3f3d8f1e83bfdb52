"""The checker notices leaks: each is planted, and found."""

import json
import logging
import warnings

import attrs
import pytest
from security.leaks import Canaries, listening

from ants_async.errors import AntsError

SECRET = 'h"nter-ö2'


@pytest.fixture
def canaries():
    found = Canaries(secret=SECRET)
    found.add_basic("anna", SECRET)
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"the password is {SECRET}",
        "GET /keys/h%22nter-%C3%B62",
        str(SECRET.encode("latin-1")),
        "Authorization: Basic YW5uYTpoIm50ZXIt9jI=",
    ],
)
def test_in_texts_in_every_spelling(canaries, text):
    assert canaries.in_text(text)
    assert canaries.in_bytes(text.encode())
    assert not canaries.in_text("Authorization: ***")


def test_in_the_repr_of_an_object_that_another_one_leads_to(canaries):
    @attrs.define
    class Inner:
        value: str

    class Outer:
        def __init__(self):
            self.all = {"some": [Inner(SECRET)]}

    Inner.__module__ = Outer.__module__ = "ants_async.planted"
    assert canaries.in_object(Outer()) >= {"secret in Inner"}


def _raised(work):
    with pytest.raises(AntsError) as caught:
        work()
    return caught.value


def _told():
    raise AntsError(f"wrong: {SECRET}")


def _noted():
    error = AntsError("wrong")
    error.add_note(SECRET)
    raise error


def _kept():
    error = AntsError("wrong")
    error.given = SECRET
    raise error


def _caused():
    try:
        int(SECRET)
    except ValueError as error:
        raise AntsError("wrong") from error


def _in_a_context_that_is_not_shown():
    try:
        json.loads(f"[{json.dumps(SECRET)}")
    except ValueError:
        raise AntsError("wrong") from None


@pytest.mark.parametrize("leak", [_told, _noted, _kept, _caused, _in_a_context_that_is_not_shown])
def test_in_errors(canaries, leak):
    assert canaries.in_error(_raised(leak))


def test_in_the_local_variables_of_a_frame(canaries):
    namespace = {"AntsError": AntsError}
    code = "def fail(password):\n    raise AntsError('wrong')"
    exec(compile(code, "ants_async/planted.py", "exec"), namespace)  # noqa: S102
    error = _raised(lambda: namespace["fail"](SECRET))
    assert canaries.in_error(error) >= {"secret in a frame of fail"}


def test_in_logs_of_loggers_however_quiet_and_in_warnings(canaries):
    logging.getLogger("httpcore.http11").setLevel(logging.ERROR)
    with listening() as heard:
        logging.getLogger("httpcore.http11").debug("headers=%s", {"Authorization": SECRET.encode("latin-1")})
        logging.getLogger("new.one").info("nothing")
        warnings.warn(f"about {SECRET}", stacklevel=1)
    assert [bool(canaries.in_text(line)) for line in heard.lines] == [True, False, True]
    logging.getLogger("httpcore.http11").setLevel(logging.NOTSET)
