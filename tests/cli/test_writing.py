"""Files that a command writes: where they may stand, and when."""

import os

import pytest

from ants_async.cli.writing import check_place, replacing
from ants_async.errors import ConfigurationError


def refusal(target):
    with pytest.raises(ConfigurationError) as caught:
        check_place("--output", target, "a list", b"a,b\n", b"<list>")
    return str(caught.value).removeprefix(f"--output {target}: ")


class TestAPlaceToWriteTo:
    @pytest.mark.parametrize("begin", [None, "", "a,b\n1,2\n", "<list></list>"])
    def test_what_is_not_there_is_empty_or_begins_as_what_we_write_is_good(self, tmp_path, begin):
        target = tmp_path / "list.csv"
        if begin is not None:
            target.write_text(begin)
        check_place("--output", target, "a list", b"a,b\n", b"<list>")

    @pytest.mark.parametrize("begin", ["a,", "a,bc\n1,2\n", " <list>", "\x00"])
    def test_anything_else_is_somebodys(self, tmp_path, begin):
        target = tmp_path / "list.csv"
        target.write_text(begin)
        assert refusal(target) == "is there already, and holds something else than a list; move it away"

    def test_a_pipe_is_not_waited_for_nor_replaced(self, tmp_path):
        os.mkfifo(tmp_path / "list.csv")
        assert refusal(tmp_path / "list.csv") == "is there already, and is no regular file"

    def test_a_device_is_not_replaced(self, tmp_path):
        (tmp_path / "list.csv").symlink_to("/dev/null")
        assert refusal(tmp_path / "list.csv") == "is there already, and is no regular file"

    @pytest.mark.parametrize("place", [".", "missing/list.csv"])
    def test_a_folder_or_one_that_is_missing_is_none(self, tmp_path, place):
        assert refusal(tmp_path / place) == "cannot be written there"


class TestReplacing:
    def test_the_file_is_there_when_it_is_complete(self, tmp_path):
        target = tmp_path / "out.csv"
        with replacing(target) as file:
            file.write("new")
            assert not target.exists()
        assert target.read_text() == "new"
        assert list(tmp_path.iterdir()) == [target]

    def test_an_error_leaves_what_was_there(self, tmp_path):
        target = tmp_path / "out.csv"
        target.write_text("old")
        with pytest.raises(ZeroDivisionError), replacing(target) as file:
            file.write(str(1 / 0))
        assert target.read_text() == "old"
        assert list(tmp_path.iterdir()) == [target]
