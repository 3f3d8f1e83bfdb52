"""The monitor's page: what does not change. The script fills in the rest from the stream."""

import json
from typing import Final

from ants_async.dispatch.campaign import CampaignState
from ants_async.report.figures import Fate
from ants_async.report.html import Html, html, say
from ants_async.report.page import asset, switches
from ants_async.report.words import WORDS

_WORDS: Final = (
    *map(str, [*CampaignState, *Fate]),
    *("monitor", "lost", "none_yet", "more_campaigns", "updated", "own_text", "reading", "recipients"),
    *("of_whole", "sent", "failed", "ended", "rate_now", "no_rate", "all_sent_in", "unknown_left"),
    *("is_over", "to_go", "course", "no_course", "duplicates", "suppressed", "where_all_are"),
    *("d", "h", "min", "s"),
)


def page() -> str:
    """The page, the same for everybody."""
    words = json.dumps({name: WORDS[name] for name in _WORDS}, ensure_ascii=False)
    return html(
        _PAGE,
        title=WORDS["monitor"][0],
        switches=switches(),
        heading=say("monitor"),
        list=say("list"),
        connecting=say("connecting"),
        words=Html(words.replace("<", "\\u003c")),
        noscript=say("needs_script_here"),
    )


STYLE: Final = asset("base.css") + asset("monitor.css", of="ants_async.monitor")
SCRIPT: Final = asset("switches.js") + asset("monitor.js", of="ants_async.monitor")

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/monitor.css">
</head>
<body>
<header class="top">
<div class="title"><p class="kind">ants-async</p><h1>{heading}</h1></div>
{switches}
</header>
<p id="trouble" role="alert" hidden></p>
<noscript><p class="empty">{noscript}</p></noscript>
<main>
<nav aria-labelledby="list"><h2 id="list" class="unseen">{list}</h2><ul id="campaigns"></ul></nav>
<article id="campaign" aria-live="off"><p class="empty">{connecting}</p></article>
</main>
<footer><p id="updated"></p></footer>
<script type="application/json" id="words">{words}</script>
<script src="/monitor.js"></script>
</body>
</html>
"""
