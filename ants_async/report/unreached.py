"""The section with everybody whom a campaign did not reach: a table that the page's script fills."""

import json
from collections.abc import Sequence
from typing import Any, Final

from ants_async.report.facts import Facts
from ants_async.report.figures import FAILURES, Cause
from ants_async.report.html import Html, empty, html, moment, note, number, plain, say, swatch, table
from ants_async.report.masks import mask
from ants_async.report.words import WORDS

_SCRIPT_WORDS: Final = ("report", "shown", "none_found", *map(str, FAILURES))
_SAFE_IN_SCRIPT: Final = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}

_FRAME: Final = """
<div class="tools">
<label class="search"><span>{search}</span>
<input id="search" type="search" autocomplete="off" spellcheck="false"></label>
<div class="chips" role="group" aria-labelledby="filter">
<span class="unseen" id="filter">{filter}</span>{chips}</div>
</div>{notes}
<div class="scroll" tabindex="0" role="region" aria-labelledby="failures">{table}</div>
<div class="pages">
<button type="button" id="previous">{previous}</button>
<p id="shown" role="status"></p>
<button type="button" id="next">{next}</button>
</div>
<noscript><p class="empty">{script}</p></noscript>
"""


def failures(facts: Facts) -> Html:
    """The place of the table, with its search and its filters."""
    figures = facts.figures
    if not figures.failed:
        return empty("no_failures")
    left_out = figures.failures_left_out
    return html(
        _FRAME,
        search=say("search"),
        filter=say("outcome"),
        chips=[
            _chip("", say("all"), pressed="true"),
            *(_chip(fate, [swatch(fate), say(fate)]) for fate in FAILURES if figures.fates[fate]),
        ],
        notes=[
            note("left_out", count=number(left_out)) if left_out else "",
            note("masked") if facts.masked else "",
        ],
        table=table("unreached", "failures", ["row", "number", "outcome", "cause", "network", "time"], []),
        previous=say("previous"),
        next=say("next"),
        script=say("needs_script"),
    )


def _chip(fate: str, name: object, *, pressed: str = "false") -> Html:
    return html(
        '<button type="button" aria-pressed="{pressed}" data-fate="{fate}">{name}</button>',
        pressed=pressed,
        fate=fate,
        name=name,
    )


def data(facts: Facts) -> Html:
    """What the script shows, as JSON that ends no script: failures, each with the place of its cause."""
    places: dict[Cause, int] = {}
    rows = [
        [
            one.row,
            mask(one.to) if facts.masked else plain(one.to),
            places.setdefault(one.cause, len(places)),
            facts.words(one.network),
            moment(one.at, facts.zone),
            None if facts.masked or one.message_id is None else plain(one.message_id),
        ]
        for one in facts.figures.failures
    ]
    found = {
        "causes": [_cause(facts, one) for one in places],
        "rows": rows,
        "words": {name: WORDS[name] for name in _SCRIPT_WORDS},
    }
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return Html(text.translate(_SAFE_IN_SCRIPT))


def _cause(facts: Facts, cause: Cause) -> Sequence[Any]:
    return [str(cause.fate), facts.status(cause), facts.words(cause.error)]
