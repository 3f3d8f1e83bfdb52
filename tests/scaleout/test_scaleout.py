"""The door to a shared database: its tables, pushes, and a life inside an app of the user's own."""

import asyncio

import procrastinate
import psycopg
import pytest
from scaleout_world import CAMPAIGN, people

from ants_async import AntsClient, BasicAuth, Campaign
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.ledger.migrations import LEDGER
from ants_async.errors import LedgerError, ReportsNotTaken, ValidationError
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import STATUSES
from ants_async.scaleout import ScaleOut
from ants_async.scaleout.tables import STEPS
from ants_async.simulator import SimulatorConfig, running

DELIVERED = STATUSES[5]


async def test_tables_are_made_once_also_by_several_at_a_time(database):
    steps = await asyncio.gather(*(ScaleOut(database).migrate() for _ in range(4)))
    assert sum(steps) == len(LEDGER) + len(STEPS) + 1
    async with ScaleOut(database) as scaleout:
        assert await scaleout.campaigns() == []


async def test_the_queue_is_where_other_apps_find_it(migrated_database):
    with psycopg.connect(migrated_database) as connection:
        (where,) = connection.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'procrastinate_jobs'"
        ).fetchone()
    assert where == "public"


async def test_without_tables_it_says_what_makes_them(database):
    with pytest.raises(LedgerError, match="ants-async database migrate"):
        async with ScaleOut(database):
            pass


@pytest.mark.parametrize("options", [{"chunk_size": 0}, {"chunk_size": 1001}, {"lease": 0}])
def test_unusable_options_are_refused_by_their_names(options):
    with pytest.raises(ValidationError, match=next(iter(options))):
        ScaleOut("dbname=x", **options)


async def test_it_can_be_opened_again(migrated_database):
    scaleout = ScaleOut(migrated_database)
    for number in range(2):
        async with scaleout:
            await scaleout.submit(Campaign(f"c{number}", text="Hi {name}"), people(1))
    assert "ants" in repr(scaleout)


async def test_a_process_without_a_client_sends_nothing(migrated_database):
    async with ScaleOut(migrated_database) as scaleout:
        with pytest.raises(LedgerError, match="no client"):
            scaleout.worker  # noqa: B018


def pushed(world, bulk, to, message_id):
    return DeliveryReport(message_id=message_id, to=to, bulk_id=bulk, status=DELIVERED)


async def test_pushed_reports_are_taken_by_any_process_and_finish_a_campaign(world, migrated_database):
    campaign = await world.submit(3)
    await world.work_off("send")
    told = [outcome async for outcome in world.scaleout.ledger.outcomes(CAMPAIGN.id)]
    async with ScaleOut(migrated_database) as web:
        await web.receive(pushed(world, one.bulk_id, one.to, one.message_id) for one in told)
    summary = await campaign.summary()
    assert (summary.state, summary.final) == (CampaignState.FINISHED, 3)
    await world.work_off("track")
    assert await world.named() == []


async def test_pushed_reports_of_others_are_not_taken(world):
    with pytest.raises(ReportsNotTaken):
        await world.scaleout.receive([pushed(world, "somebody-1", people(1)[0].to, "x")])


async def test_inside_an_app_of_the_users_own(migrated_database):
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=migrated_database))
    scaleout = ScaleOut(migrated_database, app=app)
    app.add_tasks_from(scaleout.blueprint, namespace="ants")
    async with (
        running(SimulatorConfig(delivery_time=0.0)) as base_url,
        app.open_async(),
        scaleout,
        AntsClient(base_url, BasicAuth("demo", "demo")) as client,
    ):
        campaign = await scaleout.submit(CAMPAIGN, people(20))
        with scaleout.serving(client):
            worker = asyncio.create_task(
                app.run_worker_async(fetch_job_polling_interval=0.1, install_signal_handlers=False)
            )
            assert (await campaign.finished(poll=0.05)).final == 20
            worker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await worker
