"""`ants-async monitor`: what it finds out of a list by itself. The rest is in `tests/monitor`."""

import json

import anyio
import pytest
from report_outcomes import summary

from ants_async.cli.files import RecipientFile
from ants_async.cli.monitor import _Lists, _rows_of


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("to,text\n66812345678,Hi\n12,Bad\n66812345679,Hi\n")
    return path


async def test_rows_that_can_be_sent_are_counted(people):
    assert await _rows_of(RecipientFile(people)) == 2


async def test_a_file_that_is_gone_is_of_no_known_length(tmp_path):
    assert await _rows_of(RecipientFile(tmp_path / "gone.csv")) is None


async def test_a_list_is_counted_once_in_the_background(people):
    about = summary(source=json.dumps({"by": "ants-async", "file": str(people), "to_column": "to"}))
    lists = _Lists()
    assert lists.rows(about) is None
    async with anyio.create_task_group() as helpers:
        helpers.start_soon(lists.count)
        with anyio.fail_after(30):
            while lists.rows(about) is None:
                await anyio.lowlevel.checkpoint()
        helpers.cancel_scope.cancel()
    assert lists.rows(about) == 2
    assert lists._files == []


async def test_what_comes_from_no_file_is_of_no_known_length():
    lists = _Lists()
    assert lists.rows(summary()) is None
    assert lists._files == []


@pytest.mark.parametrize(
    "odd", [{"kind": "scroll"}, {"to_column": 7}, *({"file": one} for one in (5, None, "a\0b", "\ud800"))]
)
async def test_what_this_version_cannot_read_is_of_no_known_length_and_stops_nothing(people, odd):
    lists = _Lists()
    source = {"by": "ants-async", "file": str(people), "to_column": "to"} | odd
    assert lists.rows(summary(source=json.dumps(source))) is None
    assert lists._files == []
