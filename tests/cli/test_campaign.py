"""`ants-async campaign`: what an operator types, and what is refused before anything is sent."""

import json
import re
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner

from ants_async.cli.database import default_ledger
from ants_async.cli.job import default_id
from ants_async.cli.root import cli
from ants_async.dispatch import SqliteLedger
from ants_async.dispatch.campaign import Mode

NOBODY = "http://127.0.0.1:9"
"""An address that no one listens on."""


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """An empty folder to work in, an account, and a state folder of our own."""
    monkeypatch.chdir(tmp_path)
    for name in ("ANTS_BASE_URL", "ANTS_API_KEY", "ANTS_LEDGER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ANTS_USERNAME", "demo")
    monkeypatch.setenv("ANTS_PASSWORD", "demo")
    Path("list.csv").write_text("to,text\n66812345678,Hi\n66812345679,สวัสดี\n", encoding="utf-8")
    return tmp_path


def campaign(*words):
    """Run `ants-async campaign …` in this process."""
    return CliRunner().invoke(cli, ["campaign", *map(str, words)])


def refusal(*words):
    """The one line with which a command is refused."""
    result = campaign(*words)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    return line


def nothing_was_kept():
    return not list(Path().rglob("*.db"))


class TestDefaultId:
    def test_it_is_the_files_name_and_a_digest(self):
        assert re.fullmatch(r"list-[0-9a-f]{8}", default_id(Path("list.csv"), None, None, Mode.ADVANCED))

    def test_it_is_the_same_for_the_same_command_wherever_that_is_typed(self, tmp_path):
        here = default_id(Path("list.csv"), "ANTS", "Hi", Mode.ADVANCED)
        assert here == default_id(tmp_path / "list.csv", "ANTS", "Hi", Mode.ADVANCED)

    def test_it_differs_with_file_sender_text_and_mode(self):
        ids = {
            default_id(Path("list.csv"), None, None, Mode.ADVANCED),
            default_id(Path("other/list.csv"), None, None, Mode.ADVANCED),
            default_id(Path("list.csv"), "ANTS", None, Mode.ADVANCED),
            default_id(Path("list.csv"), None, "ANTS", Mode.ADVANCED),
            default_id(Path("list.csv"), None, None, Mode.MULTI),
        }
        assert len(ids) == 5

    @pytest.mark.parametrize(
        ("name", "start"),
        [("May list (2).csv", "May-list-2-"), ("ลูกค้า.csv", "campaign-"), ("x" * 200, "x" * 80 + "-")],
    )
    def test_it_holds_only_what_an_id_may_hold(self, name, start):
        made = default_id(Path(name), None, None, Mode.ADVANCED)
        assert re.fullmatch(re.escape(start) + "[0-9a-f]{8}", made)


class TestDefaultLedger:
    def test_it_is_in_the_users_state_folder_for_no_one_else_to_read(self, tmp_path):
        place = default_ledger(create=True)
        assert place == tmp_path / "state/ants-async/ledger.db"
        assert place.parent.stat().st_mode & 0o777 == 0o700

    def test_the_environment_names_another(self, monkeypatch):
        monkeypatch.setenv("ANTS_LEDGER", "/var/lib/ants/ledger.db")
        assert default_ledger() == Path("/var/lib/ants/ledger.db")


class TestRefusedBeforeAnythingIsSent:
    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["no.csv"], r"no\.csv: No such file or directory"),
            (["list.csv", "--to-column", "phone"], "no column 'phone'; there are: 'to', 'text'"),
            (["list.csv", "--text", "Hello {name}"], "no column 'name'; there are: 'to', 'text'"),
            (["list.csv", "--text", "Hello {0}"], "a placeholder is a plain field name"),
            (["list.csv", "--text", " "], "text: ' ' is not valid: must not be empty"),
            (["list.csv", "--sender", "much too long"], "sender: 'much too long' is not valid"),
            (["list.csv", "--id", "a/b"], "campaign id: 'a/b' is not valid"),
            (["list.csv", "--results", "out.txt"], r"the name must end in \.jsonl or \.csv"),
            (["list.csv", "--results", "list.csv"], "holds something else than results"),
            (["list.csv", "--results", "list.rejects.csv"], "is the file for the bad rows"),
            (["list.csv", "--ledger", "no/ledger.db"], "no such folder"),
            (["list.csv", "--rate", "fast"], "fast"),
            (["list.csv", "--base-url", "http://example.com"], "would send the password in the clear"),
        ],
    )
    def test_what_cannot_work(self, words, reason):
        line = refusal("run", *words)
        assert line.startswith("error: ")
        assert re.search(reason, line)
        assert nothing_was_kept()

    def test_no_credentials(self, monkeypatch):
        monkeypatch.delenv("ANTS_PASSWORD")
        assert refusal("run", "list.csv").startswith("error: no credentials: set ANTS_USERNAME")
        assert nothing_was_kept()

    def test_nobody_at_that_address(self):
        assert refusal("run", "list.csv", "--base-url", NOBODY).startswith("error: ")
        assert nothing_was_kept()

    def test_bad_rows_if_strict(self):
        Path("list.csv").write_text("to,text\n66812345678,Hi\n12,Hi\n")
        line = refusal("run", "list.csv", "--strict", "--simulate")
        assert line.endswith("1 bad rows, listed in list.rejects.csv; nothing was sent (--strict)")
        assert Path("list.rejects.csv").read_text().splitlines()[1].startswith('3,12,"to: ')
        assert nothing_was_kept()

    def test_the_list_of_bad_rows_is_beside_the_results(self):
        Path("list.csv").write_text("to,text\n12,Hi\n")
        Path("out").mkdir()
        assert "out/list.rejects.csv says why" in refusal("run", "list.csv", "--results", "out/all.csv")
        assert Path("out/list.rejects.csv").exists()

    def test_a_simulator_and_an_address(self):
        result = campaign("run", "list.csv", "--simulate", "--base-url", NOBODY)
        assert result.exit_code == 2
        assert "exclude each other" in result.stderr

    def test_an_empty_id_which_a_shell_may_make_of_a_name(self):
        assert "id" in refusal("run", "list.csv", "--id", "")


class TestLookingAtALedger:
    def test_an_empty_file_is_none(self):
        Path("empty.db").touch()
        assert "is empty: no campaign was begun in it" in refusal("list", "--ledger", "empty.db")

    @pytest.mark.parametrize("command", [["status", "may"], ["list"], ["resume", "may"]])
    def test_there_is_none(self, command):
        assert "there is no ledger" in refusal(*command)
        assert nothing_was_kept()

    @pytest.mark.parametrize("command", ["status", "resume"])
    def test_it_does_not_know_the_campaign(self, command):
        async def make():
            async with SqliteLedger(Path("some.db")):
                pass

        anyio.run(make)
        line = refusal(command, "may", "--ledger", "some.db")
        assert line == "error: no campaign 'may' in this ledger; there are: none"
        assert json.loads(campaign("list", "--ledger", "some.db", "--json").output) == []
