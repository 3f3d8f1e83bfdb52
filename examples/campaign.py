"""The main job in Python: a CSV goes out, every recipient comes to a final status.

Against the simulator: `ants-async simulate --port 8080` in another terminal, then
`ANTS_BASE_URL=http://127.0.0.1:8080 ANTS_USERNAME=demo ANTS_PASSWORD=demo python examples/campaign.py`
"""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path

from ants_async import AntsClient, Campaign, Dispatcher, Recipient, SqliteLedger, ValidationError


def people(campaign: Campaign, path: Path) -> Iterator[Recipient]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                recipient = Recipient(row["to"], text=row["text"], row=rows.line_num)
                campaign.check(recipient)
            except ValidationError as error:  # a bad row is left out, and the others are sent to
                print(f"line {rows.line_num}: {error}")
            else:
                yield recipient


async def main() -> None:
    campaign = Campaign("songkran", sender="ANTS")
    recipients = people(campaign, Path("examples/recipients.csv"))
    async with AntsClient.from_env() as client, SqliteLedger("ledger.db") as ledger:
        async for outcome in Dispatcher(client, ledger).run(campaign, recipients):
            if outcome.is_last:
                print(outcome.to, outcome.kind, outcome.status and outcome.status.name)
        summary = await ledger.summary(campaign.id)
        print(summary and dict(summary.by_group))


asyncio.run(main())
