"""A simulated account: what it may be set to, and what is refused before anything starts."""

from decimal import Decimal

import pytest

from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit
from ants_async.simulator import Faults, SimulatorConfig


@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("rate", "5/1s", RateLimit("5/1s")),
        ("latency", "20ms", 0.02),
        ("delivery_time", 3, 3.0),
        ("balance", "3.50", Decimal("3.50")),
        ("price", 1, Decimal(1)),
        ("faults", "500=0.1", Faults(error_500=0.1)),
        ("unreachable", "66847781470", {"66847781470"}),
        ("unreachable", "66847781470,+66847781471", {"66847781470", "66847781471"}),
        ("unreachable", ["66847781470"], {"66847781470"}),
    ],
)
def test_settings_may_be_written_as_in_a_terminal(field, written, meant):
    assert getattr(SimulatorConfig(**{field: written}), field) == meant


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", "fast"),
        ("rate", 5),
        ("latency", "soon"),
        ("latency", -1),
        ("latency", True),
        ("delivery_time", float("inf")),
        ("delivery_time", None),
        ("balance", "much"),
        ("balance", -1),
        ("price", None),
        ("faults", "fire=1"),
        ("faults", 0.1),
        ("unreachable", "0812345678"),
        ("unreachable", ["nobody"]),
        ("unreachable", 66847781470),
    ],
)
def test_what_it_cannot_be_set_to_is_refused_by_name(field, value):
    with pytest.raises(ValidationError, match=f"^{field}: "):
        SimulatorConfig(**{field: value})
