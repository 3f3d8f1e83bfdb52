"""A list cleaned up before anybody is texted: numbers in one form, doubles dropped, texts checked.

    python examples/clean_csv.py people.csv --region TH --text 'สวัสดี {name}'

writes people.clean.csv, with all columns, and people.rejected.csv, where each row says why it is there. Sends
nothing. (Extra `phone`. `ants-async campaign run --region TH` does the same on the way; this is for who wants
to look at the list first, or to keep it.)
"""

import argparse
import csv
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from ants_async import Campaign, ValidationError
from ants_async.numbers import normalise, number_reader
from ants_async.text import check_text


class Cleaner:
    """Says of each row what its number is, or raises `ValidationError`; remembers whom it has seen."""

    def __init__(self, region: str, text: str | None, *, mobile_only: bool) -> None:
        self.region = region
        number_reader(region)  # or each row would be rejected for it
        self.mobile_only = mobile_only
        self.template = Campaign("clean", text=text).template
        self.seen: dict[str, int] = {}

    def number(self, line: int, row: Mapping[str, str]) -> str:
        if row.get("more"):
            raise ValidationError("row", row["more"], "more cells than the header has")
        to = normalise(row["to"] or "", self.region, mobile_only=self.mobile_only)
        first = self.seen.setdefault(to, line)
        if first != line:
            raise ValidationError("to", row["to"], f"stands in line {first} already")
        text = row["text"] if self.template is None else self.template.render(row)
        if not text.strip():
            raise ValidationError("text", text, "must not be empty")
        check_text(text)
        return to


def clean(path: Path, cleaner: Cleaner) -> tuple[int, int]:
    """How many rows are clean, and how many rejected."""
    good = bad = 0
    with ExitStack() as stack:
        source = stack.enter_context(path.open(encoding="utf-8-sig", newline=""))
        reader = csv.DictReader(source, restval="", restkey="more")
        names = list(reader.fieldnames or ())
        for column in ("to", *(sorted(cleaner.template.fields) if cleaner.template else ("text",))):
            if column not in names:  # or each row would be rejected for it
                raise ValidationError("column", column, f"one of {', '.join(names) or 'none'}")
        clean_file, rejected_file = (
            stack.enter_context(path.with_suffix(suffix).open("w", encoding="utf-8", newline=""))
            for suffix in (".clean.csv", ".rejected.csv")
        )
        accepted = csv.DictWriter(clean_file, names, extrasaction="ignore")
        rejected = csv.DictWriter(rejected_file, ["line", "reason", *names], extrasaction="ignore")
        accepted.writeheader()
        rejected.writeheader()
        end = reader.line_num
        for row in reader:
            line, end = end + 1, reader.line_num
            try:
                accepted.writerow({**row, "to": cleaner.number(line, row)})
                good += 1
            except ValidationError as error:
                rejected.writerow({"line": line, "reason": f"{error.field}: {error.rule}", **row})
                bad += 1
    return good, bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--region", default="TH", help="the country of numbers that name none")
    parser.add_argument(
        "--text", help="one text for all, with columns as {fields}; or else the column 'text'"
    )
    parser.add_argument("--mobile-only", action="store_true", help="reject fixed lines, too")
    options = parser.parse_args()
    try:
        cleaner = Cleaner(options.region, options.text, mobile_only=options.mobile_only)
        good, bad = clean(options.file, cleaner)
    except UnicodeDecodeError:
        parser.exit(2, f"{options.file} is not in UTF-8\n")
    except (ValidationError, OSError, csv.Error) as error:
        parser.exit(2, f"{error}\n")
    print(f"{good} clean, {bad} rejected")


if __name__ == "__main__":
    main()
