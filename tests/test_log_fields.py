"""Log lines have fields, for whoever keeps them as JSON: no secret, number or text is in any of them."""

import logging

import pytest
from engine_world import people, world
from virtual_time import virtual_time

from ants_async import Campaign, NotFound, OutcomeUnknown
from ants_async.simulator import Faults

__all__ = ["world"]

NUMBER, TEXT = "66847781470", "a text of nobody's business"
USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@pytest.fixture
def fields(caplog):
    """Of each line of ours that has some: the logger, and the fields."""
    caplog.set_level(logging.DEBUG, logger="ants_async")

    def read():
        found = [
            (record.name, {name: value for name, value in vars(record).items() if name not in USUAL})
            for record in caplog.records
            if record.name.startswith("ants_async")
        ]
        return [(name, some) for name, some in found if some]

    return read


@virtual_time
async def test_a_request_tells_its_method_and_status(world, fields):
    async with world() as at:
        await at.client.sms.send(NUMBER, TEXT)
    assert fields() == [("ants_async.http", {"method": "POST", "status_code": 200})]


@virtual_time
async def test_a_failure_tells_operation_attempt_status_and_error(world, fields):
    async with world(faults=Faults(error_500=1)) as at:
        with pytest.raises(OutcomeUnknown):
            await at.client.sms.send(NUMBER, TEXT)
    assert ("ants_async.transport", {"operation": "sms.send", "attempt": 1, "status_code": 500}) in [
        (name, {key: value for key, value in some.items() if key != "error"}) for name, some in fields()
    ]


@virtual_time
async def test_attempts_are_counted_and_what_got_no_answer_has_no_status(world, fields):
    async with world(faults=Faults(drop_before=1)) as at:
        with pytest.raises(Exception, match="broke"):
            await at.client.account.balance()
    failures = [some for name, some in fields() if name == "ants_async.transport"]
    assert [one["attempt"] for one in failures] == [1, 2, 3]
    assert {one["status_code"] for one in failures} == {None}
    assert {one["error"] for one in failures} == {"RequestTimeout"}


@virtual_time
async def test_lines_of_a_campaign_tell_its_id(world, fields):
    async with world(faults=Faults(error_500=0.4, drop_after=0.4), seed=2) as at:
        await at.run(Campaign("songkran", text=TEXT), people(60))
    ours = [some for name, some in fields() if name == "ants_async.dispatch"]
    assert {one["campaign_id"] for one in ours} == {"songkran"}
    assert any("bulk_id" in one for one in ours)
    assert any("error" in one for one in ours)


@virtual_time
async def test_no_field_holds_what_was_sent(world, fields):
    async with world(faults=Faults(drop_after=0.3), seed=2) as at:
        await at.run(Campaign("songkran", text=TEXT), people(30))
        with pytest.raises(NotFound):
            await at.client.two_factor.applications.get("A-SECRET-ID")
    said = repr(fields())
    for secret in (NUMBER, TEXT, "A-SECRET-ID", people(1)[0].to):
        assert secret not in said
