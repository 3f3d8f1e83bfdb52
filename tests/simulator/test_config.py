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
        ("price", 0.1, Decimal("0.1")),
        ("push_retries", [1, "5s"], (1, 5.0)),
        ("push_retries", "1s,5s", (1.0, 5.0)),
        ("push_retries", (), ()),
        ("api_key", None, None),
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
        ("unreachable", [66847781470]),
        ("balance", True),
        ("seed", "1"),
        ("seed", None),
        ("user", "nocolon"),
        ("user", 5),
        ("api_key", 5),
        ("flooding_filter", "no"),
        ("push_anywhere", 1),
        ("push_retries", 5),
        ("push_retries", "soon"),
        ("push_retries", [1, -1]),
        ("currency", None),
        ("max_body", 0),
        ("max_body", "8MB"),
    ],
)
def test_what_it_cannot_be_set_to_is_refused_by_name(field, value):
    with pytest.raises(ValidationError, match=f"^{field}: "):
        SimulatorConfig(**{field: value})


@pytest.mark.parametrize("share", ["0.5", None, 1.5, -0.1, float("nan")])
def test_a_share_of_faults_that_is_none_is_refused_by_name(share):
    with pytest.raises(ValidationError, match=r"^faults error_500: "):
        Faults(error_500=share)


@pytest.mark.parametrize("field", ["user", "api_key"])
def test_a_secret_that_is_refused_is_not_shown(field):
    with pytest.raises(ValidationError) as caught:
        SimulatorConfig(**{field: b"hush:hush"})
    assert "hush" not in str(caught.value)
