"""Hooks of mkdocs: the pages of the Python reference, made from the public names when the site is built."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import ants_async

_log = logging.getLogger("mkdocs.hooks.ants_async")
_FETCHED: Final = re.compile(
    r"""<(?:script|img|iframe)\b[^>]*\bsrc=["']?(?:https?:)?//[^>]*"""
    r"""|<link\b[^>]*\brel=["']?(?:stylesheet|preconnect|preload)\b[^>]*\bhref=["']?(?:https?:)?//[^>]*"""
)
_TITLES: Final[Mapping[str, str]] = {
    "client": "The client",
    "dispatch": "Campaigns",
    "endpoints": "Operations",
    "errors": "Errors",
    "models": "Models",
    "resources": "Calls",
    "transport": "Requests: credentials, rates, repeats, hooks",
}
_CALLS: Final = (
    "ants_async.resources.sms.Sms",
    "ants_async.resources.reports.Reports",
    "ants_async.resources.reports.Logs",
    "ants_async.resources.reports.LogFilters",
    "ants_async.resources.two_factor.TwoFactor",
    "ants_async.resources.two_factor.Applications",
    "ants_async.resources.two_factor.Templates",
    "ants_async.resources.api_keys.ApiKeys",
    "ants_async.resources.account.Account",
)
"""What `client.sms` and its like are: not imported by anybody, and yet what one calls."""
_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "ants_async.otel": ("ants_async.otel.instrument",),
    "ants_async.scaleout": ("ants_async.scaleout.ScaleOut",),
    "ants_async.simulator": (
        "ants_async.simulator.config.SimulatorConfig",
        "ants_async.simulator.config.Faults",
        "ants_async.simulator.messages.Sent",
        "ants_async.simulator.app.Simulator",
        "ants_async.simulator.transport.SimulatorTransport",
        "ants_async.simulator.server.running",
    ),
    "ants_async.testing": (
        "ants_async.pytest_plugin",
        "ants_async.testing.RunningSimulator",
        "ants_async.testing.Clock",
        "ants_async.testing.simulator_at_work",
    ),
    "ants_async.text": (
        "ants_async.text.parts.analyze",
        "ants_async.text.parts.count_parts",
        "ants_async.text.parts.TextAnalysis",
        "ants_async.text.parts.Encoding",
        "ants_async.text.limits.check_text",
    ),
    "ants_async.web": ("ants_async.web",),
    "ants_async.webhooks": (
        "ants_async.dispatch.push.Push",
        "ants_async.dispatch.push.PushKey",
        "ants_async.webhooks.receiver.report_receiver",
        "ants_async.webhooks.receiver.parse_reports",
    ),
}


def pages() -> Iterator[tuple[str, str, list[str]]]:
    """File, title, and where what stands on it is defined."""
    homes: dict[str, list[str]] = {}
    for name in ants_async.__all__:
        home = ants_async._MODULES[name].split(".")[1]  # noqa: SLF001 - our own list of the public names
        homes.setdefault(home, []).append(_defined(name))
    homes["resources"] = [*_CALLS, *homes["resources"]]
    for home, names in sorted(homes.items(), key=lambda one: list(_TITLES).index(one[0])):
        yield f"api/{home}.md", _TITLES[home], names
    for module, names in _MODULES.items():
        yield f"api/{module.split('.')[1]}.md", module, list(names)


def _defined(name: str) -> str:
    """The module that says `class …`, for what is read from the source finds it only there."""
    value = getattr(ants_async, name)
    module = getattr(value, "__module__", None)
    has_own_name = getattr(value, "__name__", None) == name
    return f"{module if module and has_own_name else ants_async._MODULES[name]}.{name}"  # noqa: SLF001


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of the Python reference into the navigation, where it says `api/`."""
    reference = [{title: path} for path, title, _ in pages()]
    _fill(config.nav, reference)
    return config


def _fill(nav: Any, reference: list[dict[str, str]]) -> None:
    for item in nav:
        for title, below in item.items():
            if below == "api/":
                item[title] = reference
            elif isinstance(below, list):
                _fill(below, reference)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the Python reference, and what it looks like elsewhere: `grafana/`."""
    for path, title, names in pages():
        text = [f"# {title}", "", *(f"::: {name}\n" for name in names)]
        files.append(File.generated(config, path, content="\n".join(text)))
    return files


def on_post_page(output: str, page: Any, config: MkDocsConfig) -> str:  # noqa: ARG001 - mkdocs passes all by name
    """Refuse what a browser would fetch from elsewhere."""
    for found in _FETCHED.findall(output):
        _log.warning("%s fetches %s", page.file.src_uri, found)
    return output
