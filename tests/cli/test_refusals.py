"""What can be expected to go wrong is said in one line; what cannot keeps its traceback."""

import pytest

from ants_async.cli.refusals import one_line_errors
from ants_async.errors import AuthenticationError, ConfigurationError, LedgerInUse
from ants_async.extras import needing_extra


def refused(capsys, error):
    with pytest.raises(SystemExit) as stopped, one_line_errors():
        raise error
    return stopped.value.code, capsys.readouterr().err


def test_an_error_of_ours_is_one_line_whatever_its_words(capsys):
    assert refused(capsys, LedgerInUse("in use;\n wait")) == (2, "error: in use; wait\n")


def test_the_first_expected_error_of_a_group_speaks_for_it(capsys):
    group = ExceptionGroup("several", [ValueError("odd"), ExceptionGroup("inner", [OSError("disk full")])])
    assert refused(capsys, group) == (2, "error: disk full\n")


@pytest.mark.parametrize(("key", "named"), [("k3y", "ANTS_API_KEY"), ("", "ANTS_USERNAME and ANTS_PASSWORD")])
def test_who_is_not_let_in_is_told_by_what_it_was_asked(capsys, monkeypatch, key, named):
    monkeypatch.setenv("ANTS_API_KEY", key)
    error = AuthenticationError(401, "UNAUTHORIZED", "Invalid login details")
    assert refused(capsys, error) == (2, f"error: {error} (asked with {named})\n")


def test_ctrl_c_is_no_error(capsys):
    assert refused(capsys, KeyboardInterrupt()) == (130, "")


@pytest.mark.parametrize("error", [ValueError("odd"), ExceptionGroup("several", [ValueError("odd")])])
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(type(error)), one_line_errors():
        raise error


def test_a_missing_extra_is_named_with_the_command_that_installs_it():
    advice = r"pip install 'ants-async\[simulator\]'"
    with pytest.raises(ConfigurationError, match=advice), needing_extra("simulator"):
        raise ModuleNotFoundError("No module named 'starlette'")
