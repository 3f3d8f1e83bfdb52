"""The dashboard asks for what there is: names and labels as a Prometheus has them."""

import json
import re
from pathlib import Path

import pytest
from engine_world import people
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY
from virtual_time import run_virtual

from ants_async import Campaign
from ants_async.otel import instrument
from ants_async.simulator import Faults

DASHBOARD = json.loads(
    (Path(__file__).parents[2] / "docs" / "grafana" / "ants_async.json").read_text(encoding="utf-8")
)
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
QUERIES += [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
NAME = re.compile(r"\b(?:ants|http_client)_[a-z_]+")
LABELS = re.compile(r"\bby \(([^)]*)\)|(\w+)(?:=~|!=|=)\"|label_values\([^,]+, (\w+)\)")
PROMETHEUS_OWN = {"le"}


@pytest.fixture
def exported(world, connect):
    """Names of samples, and of their labels, after a campaign with everything in it."""
    reader = PrometheusMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)

    async def campaign():
        async with world(faults=Faults(error_500=0.2, error_429=0.2), seed=2) as at:
            dispatcher = at.dispatcher()
            limited = connect(rate="5/1s")
            instrument(at.client, limited, dispatcher, meter_provider=meters, by_campaign=True)
            await at.client.account.balance()
            async for _ in dispatcher.run(Campaign("songkran", text="Hi"), people(60)):
                samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
            return samples

    try:
        samples = run_virtual(campaign)
        names = {sample.name for sample in samples}
        return names, {label for sample in samples for label in sample.labels}
    finally:
        meters.shutdown()


def test_every_metric_it_asks_for_is_one_that_is_told(exported):
    names, _ = exported
    asked = {name for query in QUERIES for name in NAME.findall(query)}
    asked -= {label for query in QUERIES for label in _labels(query)}
    assert asked - names == set()


def test_every_label_it_asks_for_is_one_that_is_told(exported):
    _, labels = exported
    asked = {label for query in QUERIES for label in _labels(query)}
    assert asked - labels - PROMETHEUS_OWN == set()


def test_every_metric_that_is_told_is_in_it(exported):
    names, _ = exported
    ours = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in names if NAME.match(name)}
    asked = " ".join(QUERIES)
    assert {name for name in ours if name not in asked} == set()


def test_it_belongs_to_no_one_s_grafana():
    assert DASHBOARD["id"] is None
    for panel in DASHBOARD["panels"]:
        assert panel["type"] == "row" or panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def _labels(query):
    for groups in LABELS.findall(query):
        for some in groups:
            yield from filter(None, (one.strip() for one in some.split(",")))
