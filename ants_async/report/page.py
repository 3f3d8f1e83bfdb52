"""The report as one HTML file that needs nothing else: style, script, charts and data are in it.

Its policy lets the browser run the style and the script of ours alone, and fetch nothing.
"""

import base64
from datetime import datetime, tzinfo
from hashlib import sha256
from importlib.resources import files
from typing import Final

import attrs

from ants_async import __version__
from ants_async.dispatch.campaign import CampaignSummary
from ants_async.report import money, sections, unreached
from ants_async.report.facts import Facts, Price
from ants_async.report.figures import Figures
from ants_async.report.html import Html, html, moment, offset, say, words
from ants_async.report.words import LANGUAGES


def asset(name: str, of: str = "ants_async.report") -> str:
    """A file of a package's folder `assets`."""
    return files(of).joinpath("assets", name).read_text("utf-8")


@attrs.frozen(kw_only=True)
class Look:
    """How a report looks: its first language, the clock it goes by, and whether numbers are readable.

    `source`: the name of the list; `unread`: recipients of it that were not looked at, where that is known.
    """

    made_at: datetime
    zone: tzinfo
    language: str = "en"
    masked: bool = False
    price: Price | None = None
    source: str | None = None
    unread: int | None = None


def render(summary: CampaignSummary, figures: Figures, look: Look) -> str:
    """The page."""
    style = asset("base.css") + asset("report.css")
    script = asset("switches.js") + asset("report.js")
    facts = Facts(summary, figures, look.price, look.zone, look.source, look.unread, look.masked)
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return html(
        _PAGE,
        language=look.language,
        policy=policy,
        id=summary.campaign.id,
        style=Html(style),
        script=Html(script),
        title=words("report")[LANGUAGES.index(look.language)],
        body=_body(facts),
        foot=_foot(look),
        data=unreached.data(facts),
    )


def switches() -> Html:
    """Language and colours, a button each."""
    return html(
        _SWITCHES,
        language=say("language"),
        theme=say("theme"),
        themes=[
            html('<button type="button" data-theme="{theme}">{name}</button>', theme=theme, name=say(theme))
            for theme in ("auto", "light", "dark")
        ],
    )


def _body(facts: Facts) -> Html:
    return html(
        '<header class="top"><div class="title"><p class="kind">{kind}</p>'
        '<h1>{id} <span class="state {state}">{named}</span></h1></div>{switches}</header><main>'
        "{tiles}{head}{sections}</main>",
        kind=say("report"),
        id=facts.summary.campaign.id,
        state=facts.summary.state.value,
        named=say(facts.summary.state.value),
        switches=switches(),
        tiles=sections.tiles(facts),
        head=sections.head(facts),
        sections=[
            _section("funnel", sections.funnel(facts)),
            _section("where_all_are", sections.fates(facts)),
            _section("over_time", sections.over_time(facts)),
            _section("latency", sections.latency(facts)),
            _section("errors", sections.errors(facts), wide=True),
            _section("cost", money.cost(facts)),
            _section("networks", sections.networks(facts)),
            _section("failures", unreached.failures(facts), wide=True),
        ],
    )


def _section(name: str, content: Html, *, wide: bool = False) -> Html:
    id_ = name.replace("_", "-")
    return html(
        '<section class="{wide}" aria-labelledby="{id}"><h2 id="{id}">{title}</h2>{content}</section>',
        wide="wide" if wide else "half",
        id=id_,
        title=say(name),
        content=content,
    )


def _foot(look: Look) -> Html:
    made = say("made", time=moment(look.made_at, look.zone), version=__version__)
    return html("{made} {zone}", made=made, zone=say("zone", offset=offset(look.made_at, look.zone)))


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


_SWITCHES: Final = """
<div class="switches">
<div role="group" aria-labelledby="language"><span class="unseen" id="language">{language}</span>
<button type="button" data-language="en" lang="en">English</button>
<button type="button" data-language="th" lang="th">ไทย</button></div>
<div role="group" aria-labelledby="theme"><span class="unseen" id="theme">{theme}</span>{themes}</div>
</div>
"""
BEGINS: Final = "<!doctype html>\n<!-- A campaign report of ants-async. -->\n"
_PAGE: Final = (
    BEGINS
    + """<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{id} · {title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
<footer>{foot}</footer>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
)
