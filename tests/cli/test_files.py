"""Files of recipients: what is read, what is left out, what is refused as a whole."""

import csv
import itertools

import pytest

from ants_async.cli.files import BadRow, Check, Layout, RecipientFile, UnusableFile
from ants_async.dispatch.campaign import Recipient
from ants_async.dispatch.template import Template


@pytest.fixture
def write(tmp_path):
    """Writes a CSV file and opens it as recipients."""

    def write(content, template=None, **options):
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return RecipientFile(path, Layout(**options), template)

    return write


@pytest.fixture
def rejects(tmp_path):
    return tmp_path / "list.rejects.csv"


def refused(file, rejects, **options):
    """The words with which the file is refused as a whole."""
    with pytest.raises(UnusableFile) as caught:
        file.check(rejects, **options)
    return str(caught.value).removeprefix(str(file.path))


class TestReading:
    def test_without_a_template_the_text_column_is_each_ones_own_message(self, write):
        file = write("to,text\n66812345678,สวัสดี\n+66812345679,Hello\n")
        assert list(file.recipients()) == [
            Recipient("66812345678", text="สวัสดี", row=2),
            Recipient("66812345679", text="Hello", row=3),
        ]

    def test_with_a_template_the_columns_are_its_fields(self, write):
        file = write("name,to,age\nAnna,66812345678,9\n", template=Template("Hello {name}"))
        (recipient,) = file.recipients()
        assert recipient.text is None
        assert recipient.fields["name"] == "Anna"
        assert "age" not in recipient.fields, "what the text does not need is not carried along"

    def test_the_numbers_may_stand_in_another_column(self, write):
        (recipient,) = write("phone,text\n66812345678,Hi\n", to_column="phone").recipients()
        assert recipient.to == "66812345678"

    @pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CR LF"])
    def test_what_spreadsheets_write_is_read(self, write, start, end):
        file = write(start + f"to, text{end}66812345678,Hi{end}".encode())
        assert [recipient.text for recipient in file.recipients()] == ["Hi"]

    def test_a_row_is_numbered_by_the_line_it_starts_on(self, write):
        file = write('to,text\n66812345678,"two\nlines"\n\n66812345679,Hi\n')
        assert [(row.row, row.text) for row in file.recipients()] == [(2, "two\nlines"), (5, "Hi")]

    def test_it_reads_no_further_than_it_is_asked_to(self, write):
        file = write("to,text\n66812345678,Hi\n66812345679,\xff".encode("latin-1"))
        assert len(list(itertools.islice(file.recipients(), 1))) == 1


class TestBadRows:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("0812345678,Hi", "to: an international number of 8 to 15 digits, like 66847781470"),
            (",Hi", "to: an international number of 8 to 15 digits, like 66847781470"),
            ("66812345678,", "text: must not be empty"),
            ("66812345678,  ", "text: must not be empty"),
            ("66812345678", "1 cells, the header has 2"),
            ("66812345678,Hi, you", "3 cells, the header has 2; a text with a comma needs quotes"),
        ],
    )
    def test_a_bad_row_has_its_line_and_a_reason(self, write, row, reason):
        _, bad = write(f"to,text\n66812345670,Hi\n{row}\n").rows()
        assert bad == BadRow(3, row.partition(",")[0], reason)

    def test_empty_cells_at_the_end_do_no_harm(self, write):
        (row,) = write("to,text\n66812345678,Hi,,\n").rows()
        assert row == Recipient("66812345678", text="Hi", row=2)

    def test_a_template_that_comes_out_empty_is_an_empty_text(self, write):
        (row,) = write("to,words\n66812345678,\n", template=Template("{words}")).rows()
        assert row == BadRow(2, "66812345678", "text: must not be empty")

    def test_they_are_left_out_and_listed(self, write, rejects):
        file = write("to,text\n66812345678,Hi\n12,Hi\n")
        assert file.check(rejects) == Check(good=1, bad=1, rejects=rejects)
        assert [recipient.row for recipient in file.recipients()] == [2]
        with rejects.open(encoding="utf-8", newline="") as lines:
            assert [(row["row"], row["to"]) for row in csv.DictReader(lines)] == [("3", "12")]

    def test_no_list_is_written_when_there_are_none(self, write, rejects):
        assert write("to,text\n66812345678,Hi\n").check(rejects) == Check(good=1)
        assert not rejects.exists()

    def test_if_strict_they_sink_the_file(self, write, rejects):
        said = refused(write("to,text\n66812345678,Hi\n12,Hi\n"), rejects, strict=True)
        assert said == f": 1 bad rows, listed in {rejects}; nothing was sent (--strict)"

    def test_nothing_but_bad_rows_is_no_list(self, write, rejects):
        said = refused(write("to,text\n11,Hi\n12,Hi\n"), rejects)
        assert said == f": none of its 2 rows can be sent; {rejects} says why"


class TestUnusableFiles:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", ": the file is empty"),
            ("\nto,text\n", ": line 1 is empty; it must name the columns"),
            ("to,text\n", ": there are no rows below the header"),
            ("to,text\n\n\n", ": there are no rows below the header"),
            (
                "phone,text\n66812345678,Hi\n",
                ": no column 'to'; there are: 'phone', 'text'; --to-column names the one with the numbers",
            ),
            (
                "to/text\n66812345678/Hi\n",
                ": no column 'to'; there are: 'to/text'; --to-column names the one with the numbers",
            ),
            (
                "to,name\n66812345678,Anna\n",
                ": no column 'text'; there are: 'to', 'name'; --text gives one text for all",
            ),
            ("to,text,to\n66812345678,Hi,1\n", ": the column 'to' stands there more than once"),
            (
                b"to,text\n66812345678,Hi\n66812345679,\xe0\n",
                ", line 3: not UTF-8; save the file as CSV in UTF-8",
            ),
            (
                b"to,text\n66812345678,H\0i\n",
                ", line 2: holds a NUL byte; save the file as CSV in UTF-8",
            ),
            (
                b"to,text\n" + b"66812345678,Hi\r" * 100_000,
                ", line 2: longer than 1,048,576 bytes; is it CSV?",
            ),
            (
                'to,text\n66812345678,"Hi\n66812345679,Hi\n',
                ", line 2: not valid CSV: unexpected end of data",
            ),
        ],
    )
    def test_it_is_refused_with_the_reason(self, write, rejects, content, words):
        assert refused(write(content), rejects) == words
        assert not rejects.exists()

    def test_a_field_of_the_template_without_a_column(self, write, rejects):
        file = write("to,name\n66812345678,Anna\n", template=Template("{name} {town}"))
        assert refused(file, rejects) == ": no column 'town'; there are: 'to', 'name'"

    def test_no_file(self, tmp_path, rejects):
        assert refused(RecipientFile(tmp_path / "no.csv"), rejects) == ": No such file or directory"

    def test_a_folder(self, tmp_path, rejects):
        assert "not a regular file" in refused(RecipientFile(tmp_path), rejects)
