"""The newest results, put into README.md between two marks."""

from pathlib import Path

from benchmarks._lib.results import load
from benchmarks._lib.tables import markdown
from benchmarks.goals import judged

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def write_readme(names):
    """Replace what stands between the marks."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{_results(names)}\n\n{END}{after}")


def _results(names):
    found = [result for name in names if (result := load(name))]
    parts = [markdown(judged()), *(_section(result) for result in found), _machines(found)]
    return "\n\n".join(parts)


def _section(result):
    name = result["benchmark"]
    notes = "\n".join(f"- {note}" for note in result["notes"])
    drawn = f"![{result['title']}](results/{name}.png)"
    parts = (
        f"### {result['title']}",
        f"`python -m benchmarks.{name}`",
        markdown(result["rows"]),
        notes,
        drawn,
    )
    return "\n\n".join(part for part in parts if part)


def _machines(found):
    """Where and with what, once where it was the same for all."""
    lines = {}
    for result in found:
        facts = result["machine"]
        versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
        line = f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}, Python {facts['python']}, "
        line += f"SQLite {facts['sqlite']}; {versions}"
        lines.setdefault(line, []).append(f"{result['benchmark']} ({facts['when'][:10]})")
    return "\n".join(f"Measured on {line}: {', '.join(names)}." for line, names in lines.items())
