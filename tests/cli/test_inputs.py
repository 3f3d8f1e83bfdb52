"""Lists of every kind through `ants-async campaign`: planned, run, resumed, read by a worker."""

import csv
import gzip
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from scaleout_commands import until, worker

JSON_LINES = '{"to": "081-234-5678", "name": "Anna"}\n{"to": "66812345679", "name": "Bo"}\n{"to": "12"}\n'
REGION = ("--region", "TH", "--text", "Hi {name}")


@pytest.fixture
def source(monkeypatch, tmp_path):
    """What the ledger keeps of campaign may's source."""
    monkeypatch.setenv("ANTS_LEDGER", str(tmp_path / "ledger.db"))

    def read():
        with sqlite3.connect("ledger.db") as ledger:
            ((text,),) = ledger.execute("SELECT source FROM campaign")
        return json.loads(text)

    return read


def copies():
    return sorted(path.name for path in Path().glob("ledger.db.list.*"))


def listed(name):
    with Path(name).open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


@pytest.mark.usefixtures("api")
class TestPlan:
    def test_shows_what_changed_and_what_is_no_mobile(self, done, data):
        Path("list.csv").write_text("to,text\n081-234-5678,Hi\n021234567,Hi\n", encoding="utf-8")
        shown = done("campaign", "plan", "list.csv", "--region", "TH")
        assert "numbers changed\t2" in shown
        assert "no mobile phones\t1" in shown
        assert "2\t081-234-5678\t66812345678" in shown
        found = data("campaign", "plan", "list.csv", "--region", "TH")
        assert (found["changed"], found["fixed_lines"]) == (2, 1)
        assert found["changed_numbers"][0] == {"row": 2, "given": "081-234-5678", "to": "66812345678"}

    def test_counts_numbers_that_become_the_same_as_duplicates(self, data):
        Path("list.csv").write_text("to,text\n081-234-5678,Hi\n66812345678,Hi\n", encoding="utf-8")
        assert data("campaign", "plan", "list.csv", "--region", "TH")["duplicates"] == 1

    def test_says_what_a_file_was_read_as(self, done):
        Path("list.csv").write_text("to,text\n66812345678,สวัสดี\n", encoding="utf-16")
        assert "read as\tutf-16" in done("campaign", "plan", "list.csv")

    def test_reads_standard_input(self, done):
        shown = done("campaign", "plan", "-", "--format", "jsonl", "--json", *REGION, stdin=JSON_LINES)
        found = json.loads(shown)
        assert (found["recipients"], found["bad"], found["changed"]) == (2, 1, 1)

    def test_spells_out_half_a_character(self, data):
        Path("list.jsonl").write_text('{"to": "\\ud83d", "text": "Hi"}\n', encoding="utf-8")
        assert data("campaign", "plan", "list.jsonl")["bad_rows"][0]["to"] == "\ud83d"

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("--region", "XX"), "region: 'XX'"),
            (("--encoding", "klingon"), "--encoding: 'klingon'"),
            (("--delimiter", "ab"), "--delimiter: 'ab'"),
            (("--mobile-only",), "--mobile-only: needs --region"),
            (("--format", "jsonl", "--delimiter", ";"), "--delimiter ;"),
        ],
    )
    def test_names_what_is_wrong_with_an_option(self, refused, words, named):
        Path("list.csv").write_text("to,text\n66812345678,Hi\n", encoding="utf-8")
        assert named in refused("campaign", "plan", "list.csv", *words)


@pytest.mark.usefixtures("api")
class TestRun:
    @pytest.mark.parametrize("name", ["list.jsonl", "list.jsonl.gz", "list.parquet"])
    def test_of_any_kind(self, done, source, texts_sent, name):
        if name == "list.parquet":
            parquet.write_table(
                pa.table({"to": ["081-234-5678", "66812345679", "12"], "name": ["Anna", "Bo", "x"]}), name
            )
        else:
            content = JSON_LINES.encode()
            Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        said = done("campaign", "run", name, "--id", "may", *REGION)
        assert "bad rows: 1 left out, listed in list.rejects.csv" in said
        assert "numbers changed: 1, listed in list.changed.csv; 081-234-5678 → 66812345678" in said
        assert sorted(texts_sent()) == ["Hi Anna", "Hi Bo"]
        assert listed("list.changed.csv") == [["1", "081-234-5678", "66812345678"]]
        of_the_list = {"file": str(Path(name).absolute()), "to_column": "to", "region": "TH", "rows": 2}
        assert source() == {"by": "ants-async"} | of_the_list

    def test_says_which_numbers_may_take_no_texts(self, done):
        Path("list.csv").write_text("to,text\n021234567,Hi\n", encoding="utf-8")
        said = done("campaign", "run", "list.csv", "--region", "TH", "--ledger", "l.db")
        assert "no mobile phones: 1, which may take no texts; --mobile-only leaves them out" in said

    def test_says_which_texts_are_long(self, done):
        rows = [("66812345678", "ก" * 268), ("66812345679", "ก" * 269), ("66812345670", "x" * 620)]
        Path("list.csv").write_text(
            "to,text\n" + "".join(f"{to},{text}\n" for to, text in rows), encoding="utf-8"
        )
        said = done("campaign", "run", "list.csv", "--ledger", "l.db")
        assert "long texts: 2, of up to 5 parts; each part is paid for" in said

    def test_results_never_take_the_place_of_a_list_of_rows(self, refused):
        Path("list.csv").write_text("to,text\n66812345678,Hi\n", encoding="utf-8")
        said = refused("campaign", "run", "list.csv", "--results", "list.changed.csv")
        assert "is the file for the changed numbers" in said

    def test_resume_reads_the_file_as_the_run_did(self, simulator, ants, data, source):
        content = "to;name\n081-234-5678;แอน\n081-234-5679;บี\n".encode("cp874")
        Path("list.txt").write_bytes(content)
        options = ("--encoding", "cp874", "--delimiter", ";", "--no-store-texts", *REGION)
        with simulator(balance=Decimal(0), delivery_time=0.0):
            paused = ants(
                "campaign", "run", "list.txt", "--id", "may", "--chunk", 1, "--concurrency", 1, *options
            )
        assert paused.exit_code == 3, paused.output
        assert source()["encoding"] == "cp874"
        with simulator(delivery_time=0.0):
            ants("campaign", "resume", "may")
            found = data("campaign", "status", "may")
        assert (found["total"], found["planned"], found["accepted"]) == (2, 0, 0)


@pytest.mark.usefixtures("api")
class TestStandardInput:
    def test_is_sent_and_leaves_no_copy_when_it_is_done(self, done, source, texts_sent):
        said = done("campaign", "run", "-", "--format", "jsonl", "--id", "may", *REGION, stdin=JSON_LINES)
        assert "listed in may.rejects.csv" in said
        assert len(texts_sent()) == 2
        assert source()["copied"] is True
        assert copies() == []

    def test_needs_a_name_for_the_campaign(self, ants):
        result = ants("campaign", "run", "-", stdin=JSON_LINES)
        assert result.exit_code == 2
        assert "standard input has no name to make an id from: give --id" in result.stderr

    def test_is_called_by_what_it_is_where_it_is_refused(self, ants):
        result = ants("campaign", "run", "-", "--id", "may", stdin="phone\n1\n")
        assert result.exit_code == 2
        assert result.stderr.startswith("error: standard input: no column 'to'; there are: 'phone'")

    @pytest.mark.usefixtures("source")
    def test_is_resumed_from_a_copy_beside_the_ledger(self, simulator, ants, data):
        rows = "".join(f"{66_800_000_000 + n},Hi\n" for n in range(40))
        one_by_one = ("--chunk", 1, "--concurrency", 1, "--no-store-texts")
        with simulator(balance=Decimal(0), delivery_time=0.0):
            paused = ants("campaign", "run", "-", "--id", "may", *one_by_one, stdin=f"to,text\n{rows}")
        assert paused.exit_code == 3, paused.output
        (copy,) = copies()
        assert copy.startswith("ledger.db.list.may-")
        assert Path(copy).stat().st_mode & 0o777 == 0o600
        with simulator(delivery_time=0.0):
            ants("campaign", "resume", "may")
        found = data("campaign", "status", "may")
        assert (found["total"], found["planned"], found["accepted"]) == (40, 0, 0)
        assert copies() == []

    @pytest.mark.usefixtures("source")
    def test_that_comes_again_takes_the_place_of_the_earlier_copy(self, simulator, ants):
        with simulator(balance=Decimal(0), delivery_time=0.0):
            for count in (30, 40):
                rows = "".join(f"{66_800_000_000 + n},Hi\n" for n in range(count))
                ants(
                    "campaign",
                    "run",
                    "-",
                    "--id",
                    "may",
                    "--chunk",
                    1,
                    "--no-store-texts",
                    stdin=f"to,text\n{rows}",
                )
        (copy,) = copies()
        assert len(Path(copy).read_text().splitlines()) == 41

    @pytest.mark.usefixtures("source")
    def test_is_not_kept_of_a_campaign_that_never_began(self, ants, done):
        done("campaign", "run", "-", "--id", "may", stdin="to,text\n66812345678,Hi\n")
        other = ants(
            "campaign", "run", "-", "--id", "may", "--sender", "OTHER", stdin="to,text\n66812345679,Hi\n"
        )
        assert other.exit_code == 2
        assert copies() == []


@pytest.mark.usefixtures("place")
class TestWorkers:
    def submit(self, *words):
        return ("campaign", "submit", *words, "--id", "songkran", *REGION)

    def test_read_what_was_submitted_by_its_name(self, done, data):
        Path("people.jsonl").write_text(JSON_LINES, encoding="utf-8")
        with worker() as process:
            done(*self.submit("people.jsonl", "--by-worker", "--wait"))
            told = until(process.stderr, "numbers changed: 1")
        assert "081-234-5678 → 66812345678" in told
        assert data("campaign", "status", "songkran")["total"] == 2

    def test_are_given_standard_input_row_by_row(self, done, data):
        done(*self.submit("-", "--format", "jsonl"), stdin=JSON_LINES)
        assert data("campaign", "status", "songkran")["total"] == 2

    def test_cannot_read_the_standard_input_of_another(self, refused):
        assert "no worker can read this standard input" in refused(*self.submit("-", "--by-worker"))
