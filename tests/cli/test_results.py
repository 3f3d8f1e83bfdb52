"""Results: a row a recipient, complete or not there."""

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ants_async.cli.results import COLUMNS, check_target, write_results
from ants_async.dispatch.campaign import Outcome, OutcomeKind
from ants_async.errors import ConfigurationError
from ants_async.models.statuses import STATUSES

DELIVERED = Outcome(
    OutcomeKind.FINAL,
    row=2,
    to="66812345678",
    message_id="m-1",
    bulk_id="b-1",
    status=STATUSES[5],
    sms_count=1,
    price=Decimal("0.3100"),
    currency="THB",
    sent_at=datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
    done_at=datetime(2026, 5, 1, 9, 31, 2, 500000, tzinfo=UTC),
    deduplicated=True,
    network="52001",
)
DOUBLE = Outcome(OutcomeKind.DUPLICATE, row=3, to="66812345678")


async def stream(*outcomes):
    for outcome in outcomes:
        yield outcome


async def test_json_lines_hold_every_column_and_null_where_nothing_is_known(tmp_path):
    path = tmp_path / "out.jsonl"
    assert await write_results(path, stream(DELIVERED, DOUBLE)) == 2
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert first == {
        "row": 2,
        "to": "66812345678",
        "message_id": "m-1",
        "bulk_id": "b-1",
        "outcome": "final",
        "group": "DELIVERED",
        "status": "DELIVERED_TO_HANDSET",
        "error": None,
        "sms_count": 1,
        "price": "0.3100",
        "currency": "THB",
        "sent_at": "2026-05-01T09:30:00+00:00",
        "done_at": "2026-05-01T09:31:02.500000+00:00",
        "deduplicated": True,
        "network": "52001",
    }
    assert tuple(second) == COLUMNS
    assert (second["outcome"], second["status"], second["deduplicated"]) == ("duplicate", None, False)


async def test_csv_holds_the_same_and_empty_cells(tmp_path):
    path = tmp_path / "out.CSV"
    await write_results(path, stream(DELIVERED, DOUBLE))
    with path.open(encoding="utf-8", newline="") as lines:
        first, second = csv.DictReader(lines)
    assert tuple(first) == COLUMNS
    assert (first["price"], first["group"], first["deduplicated"]) == ("0.3100", "DELIVERED", "true")
    assert (second["outcome"], second["status"], second["deduplicated"]) == ("duplicate", "", "false")


@pytest.mark.parametrize("start", list("=+-@"))
async def test_words_of_the_server_are_no_formula_in_a_spreadsheet(tmp_path, start):
    path = tmp_path / "out.csv"
    words = f"{start}1+1"
    await write_results(
        path, stream(Outcome(OutcomeKind.FINAL, 2, "66812345678", error=words, currency=words, network=words))
    )
    with path.open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert {row[name] for name in ("error", "currency", "network")} == {f"'{words}"}


async def test_words_of_the_server_are_one_row_whatever_is_in_them(tmp_path):
    path = tmp_path / "out.csv"
    words = "no\rsuch\r\nthing"
    await write_results(path, stream(Outcome(OutcomeKind.REJECTED, 2, "66812345678", error=words)))
    with path.open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert row["error"].split() == ["no", "such", "thing"]


async def test_older_results_stay_until_the_new_ones_are_complete(tmp_path):
    async def broken():
        yield DELIVERED
        raise OSError("ledger gone")

    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(OSError, match="ledger gone"):
        await write_results(path, broken())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["out.txt", "out", "folder.csv", "missing/out.csv"])
def test_a_place_that_takes_no_results_is_refused_before_anything_is_sent(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigurationError, match="--results"):
        check_target(tmp_path / name)


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_a_good_place_is_left_as_it_is(tmp_path, name):
    check_target(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
