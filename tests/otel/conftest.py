"""OpenTelemetry's own exporters in memory, and clients of a simulator in process."""

import attrs
import pytest
from engine_world import world
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ants_async import AntsClient, BasicAuth
from ants_async.otel import instrument
from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport

__all__ = ["world"]


@attrs.define
class Telemetry:
    """Keeps all that it is told."""

    exporter: InMemorySpanExporter = attrs.Factory(InMemorySpanExporter)
    reader: InMemoryMetricReader = attrs.Factory(InMemoryMetricReader)
    tracers: TracerProvider = attrs.Factory(lambda: TracerProvider(shutdown_on_exit=False))
    meters: MeterProvider = attrs.Factory(
        lambda self: MeterProvider([self.reader], shutdown_on_exit=False), takes_self=True
    )

    def __attrs_post_init__(self):
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))

    def watch(self, *targets, **options):
        return instrument(*targets, tracer_provider=self.tracers, meter_provider=self.meters, **options)

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    def points(self, name):
        """Of a metric: attributes and value, or count, of each series."""
        data = self.reader.get_metrics_data()
        return [
            (dict(point.attributes), getattr(point, "value", getattr(point, "count", None)))
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def telemetry():
    return Telemetry()


@pytest.fixture
def simulator():
    return Simulator(SimulatorConfig())


@pytest.fixture
def connect(simulator):
    def make(credentials=None, **options):
        credentials = credentials or BasicAuth("demo", "demo")
        transport = SimulatorTransport(simulator.app)
        return AntsClient("http://localhost", credentials, transport=transport, **{"rate": None} | options)

    return make
