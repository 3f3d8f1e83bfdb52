"""What is told before anything is sent."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from ants_async.cli.announcing import announce
from ants_async.cli.files import Layout, RecipientFile
from ants_async.cli.order import Order
from ants_async.cli.terminal import Terminal
from ants_async.dispatch import Campaign

SOON = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
MEANS = "; what the API was handed no call takes back\n"


@pytest.fixture
def told(tmp_path):
    """Of a list and its campaign."""

    def read(rows, **options):
        path = tmp_path / "people.csv"
        path.write_text(f"to,when\n{rows}")
        campaign = Campaign("june", text="Hi", **options)
        file = RecipientFile(path, Layout(send_at_column="when"), campaign.template)
        order = Order(campaign=campaign, file=file, check=file.check(tmp_path / "bad.csv"))
        console = Terminal(width=200, file=StringIO())
        announce(console, order, None)
        return console.file.getvalue()

    return read


def test_what_the_api_is_to_send_later_is_told_with_what_that_means(told):
    assert f"scheduled for {SOON:%Y-%m-%d %H:%M} +0000{MEANS}" in told("66800000001,\n", send_at=SOON)
    rows = f"66800000001,{SOON.isoformat()}\n66800000002,{SOON - timedelta(hours=1)}\n66800000003,\n"
    rows += f"66800000004,{SOON - timedelta(days=2, hours=1)}\n12,{SOON + timedelta(days=1)}\n"
    assert f"scheduled by their rows: 2, the last for {SOON:%Y-%m-%d %H:%M} +0000{MEANS}" in told(rows)


def test_nothing_of_the_kind_where_all_is_sent_now(told):
    assert "scheduled" not in told("66800000001,\n", send_at=datetime.now(UTC))
