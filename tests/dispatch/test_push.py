"""Telling our own reports from forged ones."""

import attrs
import pytest

from ants_async.dispatch.push import Push, PushKey
from ants_async.errors import ConfigurationError
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import STATUSES

OLD, NEW = PushKey("old", b"o" * 32), PushKey("new", b"n" * 32)
URL = "https://example.com/ants"
PUSH = Push(URL, OLD)


def report(push=PUSH, **changes):
    data = push.callback_data("m1", "66847781470")
    made = DeliveryReport(message_id="m1", to="66847781470", status=STATUSES[5], callback_data=data)
    return attrs.evolve(made, **changes)


def test_what_comes_back_as_it_went_out_is_authentic():
    assert PUSH.is_authentic(report())
    assert PUSH.is_authentic(report(to=f"+{report().to}"))  # the same number
    assert PUSH.is_authentic(report(status=STATUSES[9]))  # the status is a hint, not signed


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "m2"},
        {"to": "66847781471"},
        {"to": None},
        {"callback_data": None},
        {"callback_data": ""},
        {"callback_data": "v1.old."},
        {"callback_data": "v1..."},
        {"callback_data": "v1.old." + "A" * 22},
        {"callback_data": "v1.nobody." + "A" * 22},
        {"callback_data": "สวัสดี"},
        {"callback_data": PUSH.callback_data("m1", "66847781470").replace("v1", "v2")},
        {"callback_data": PUSH.callback_data("m1", "66847781470")[:-1]},
    ],
)
def test_what_was_changed_or_made_up_is_not(changes):
    assert not PUSH.is_authentic(report(**changes))


def test_nobody_can_sign_as_the_key_that_stands_for_unknown_ones():
    nobody = Push(URL, PushKey("nobody", bytes(16)))
    assert not PUSH.is_authentic(report(nobody))


def test_while_keys_are_changed_both_are_believed_and_the_first_signs():
    both = Push(URL, [NEW, OLD])
    assert both.is_authentic(report())
    assert both.is_authentic(report(both))
    assert both.notify_url.startswith(f"{URL}/new/")
    assert not Push(URL, NEW).is_authentic(report())


def test_the_url_holds_a_secret_of_128_bit_that_is_no_signature():
    _, key_id, token = PUSH.notify_url.rsplit("/", 2)
    assert (key_id, len(token)) == ("old", 22)
    assert PUSH.is_path(key_id, token)
    assert not PUSH.is_path(key_id, token[:-1])
    assert not PUSH.is_path("new", token)
    assert token not in PUSH.callback_data("path", "")


@pytest.mark.parametrize(
    "make",
    [
        lambda: PushKey("a key", b"x" * 32),
        lambda: PushKey("k", b"short"),
        lambda: PushKey("k", "text" * 8),
        lambda: Push("http://example.com/x", OLD),
        lambda: Push("https://user:pw@example.com/x", OLD),
        lambda: Push("https://example.com/x?a=b", OLD),
        lambda: Push(URL, []),
        lambda: Push(URL, [OLD, OLD]),
    ],
)
def test_what_would_not_be_safe_is_refused(make):
    with pytest.raises(ConfigurationError):
        make()


def test_a_server_on_this_machine_may_do_without_tls():
    assert Push("http://127.0.0.1:8000/x/", OLD).notify_url.startswith("http://127.0.0.1:8000/x/old/")


def test_secrets_show_nowhere():
    assert "ooo" not in repr(PUSH)
