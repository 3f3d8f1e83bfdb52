"""The examples do what they say, as somebody would run them."""

import csv
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from postgres_server import database, postgres

__all__ = ["database", "postgres"]
EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def example(tmp_path):
    """Runs one, without an account, in an empty folder; what it says."""

    def run(name, *words, code=0, warned=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTS_")}
        command = [sys.executable, EXAMPLES / name, *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )
        assert done.returncode == code, done.stderr
        if warned is not None:
            warned += done.stderr.splitlines()
        return (done.stderr if code else done.stdout).splitlines()

    return run


class TestFromSql:
    def test_out_of_sqlite(self, example):
        lines = example("from_sql.py", "crm.db")
        assert len(lines) == 900
        assert all(" final " in line for line in lines)

    def test_out_of_postgresql(self, example, database):
        with psycopg.connect(database) as connection:
            connection.execute(
                "CREATE TABLE customer (id serial, phone text, name text, wants_news bool DEFAULT true)"
            )
            connection.execute(
                "INSERT INTO customer (phone, name)"
                " SELECT (66810000000 + n)::text, '#' || n FROM generate_series(1, 12000) AS n"
            )
        assert len(example("from_sql.py", database)) == 12_000

    def test_a_row_that_cannot_be_texted_is_said_and_keeps_nobody_else_from_the_text(self, example, tmp_path):
        with sqlite3.connect(tmp_path / "crm.db") as connection:
            connection.execute("CREATE TABLE customer (id INT, phone TEXT, name TEXT, wants_news INT)")
            rows = [(1, "66812345678", "A", 1), (2, "nobody", "B", 1), (3, "66812345679", "C", 1)]
            rows += [(4, "66812345670", None, 1), (5, None, "E", 1), (6, 66812345671, "F", 1)]
            connection.executemany("INSERT INTO customer VALUES (?, ?, ?, ?)", rows)
        connection.close()
        warned = []
        lines = example("from_sql.py", "crm.db", warned=warned)
        assert {line.split()[0] for line in lines} == {"1", "3", "6"}
        assert [line.partition(":")[0] for line in warned] == [
            f"customer {row} is left out" for row in (2, 4, 5)
        ]

    def test_again_texts_nobody_twice(self, example):
        example("from_sql.py", "crm.db")
        assert example("from_sql.py", "crm.db") == []


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (
            b"phone,name\n0812345678,A\n",
            ["--text", "{name}"],
            "column: 'to' is not valid: one of phone",
        ),
        (b"to,name\n0812345678,A\n", [], "column: 'text' is not valid: one of to, name"),
        (b"to,text\n0812345678,A\n", ["--region", "ZZ"], "region: 'ZZ'"),
        ("to,text\n0812345678,สวัสดี\n".encode("cp874"), [], "people.csv is not in UTF-8"),
        (b"to,name\n0812345678,A\n", ["--text", "{nme}"], "column: 'nme' is not valid: one of to, name"),
        (b'to,text\n0812345678,"' + b"x" * 200_000 + b'"\n', [], "field larger than field limit"),
        (None, [], "No such file"),
    ],
)
def test_clean_csv_says_what_it_cannot_work_with(example, tmp_path, content, words, said):
    if content is not None:
        (tmp_path / "people.csv").write_bytes(content)
    (line,) = example("clean_csv.py", "people.csv", *words, code=2)
    assert said in line


def test_clean_csv_keeps_every_row_in_one_of_two_files(example, tmp_path):
    (tmp_path / "people.csv").write_text(
        "to,name,town\n"
        "081-234-5678,Anna,Trat\n"
        "๐๘๑-๒๓๔-๕๖๗๙,สมชาย,ตราด\n"
        "+66812345678,Anna again,Trat\n"
        '"081 234 5680","two\nlines",Trat\n'
        "081234568,short,Trat\n"
        "0812345681\n"
        "0812345682,a,b,c\n",
        encoding="utf-8-sig",
    )
    assert example("clean_csv.py", "people.csv", "--text", "{name}") == ["3 clean, 4 rejected"]
    with (tmp_path / "people.clean.csv").open(encoding="utf-8", newline="") as file:
        assert [row["to"] for row in csv.DictReader(file)] == ["66812345678", "66812345679", "66812345680"]
    with (tmp_path / "people.rejected.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["line"], row["reason"]) for row in csv.DictReader(file)] == [
            ("4", "to: stands in line 2 already"),
            ("7", "to: there is no such number, neither in TH nor with a country's code"),
            ("8", "text: must not be empty"),
            ("9", "row: more cells than the header has"),
        ]
