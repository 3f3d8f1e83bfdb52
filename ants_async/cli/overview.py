"""What a ledger knows, to look at: one campaign, or all of them."""

import json
from collections.abc import Sequence
from typing import Any

import click

from ants_async.cli.kept import unread_of
from ants_async.cli.progress import by_group
from ants_async.cli.tables import counted, table
from ants_async.dispatch.campaign import CampaignState, CampaignSummary


def as_json(summary: CampaignSummary) -> dict[str, Any]:
    """A summary as plain data."""
    campaign = summary.campaign
    return {
        "id": campaign.id,
        "state": summary.state.value,
        "reason": summary.reason,
        "created_at": summary.created_at.isoformat(),
        "sender": campaign.sender,
        "mode": campaign.mode.value,
        "text": campaign.text,
        "send_at": None if campaign.send_at is None else campaign.send_at.isoformat(),
        "quiet_hours": None if campaign.quiet_hours is None else str(campaign.quiet_hours),
        "source": summary.source,
        "source_read": summary.source_read,
        "unread": unread_of(summary),
        "total": summary.total,
        "planned": summary.planned,
        "unclear": summary.unclear,
        "accepted": summary.accepted,
        "rejected": summary.rejected,
        "final": summary.final,
        "unresolved": summary.unresolved,
        "duplicates": summary.duplicates,
        "suppressed": summary.suppressed,
        "deduplicated": summary.deduplicated,
        "by_group": dict(summary.by_group),
        "done": summary.is_done,
    }


def show_one(summary: CampaignSummary, *, in_json: bool) -> None:
    """A campaign, a line a fact."""
    if in_json:
        click.echo(json.dumps(as_json(summary), ensure_ascii=False))
        return
    campaign = summary.campaign
    facts = {
        "campaign": campaign.id,
        "state": summary.state.value,
        "reason": summary.reason,
        "created": f"{summary.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "sender": campaign.sender,
        "mode": campaign.mode.value,
        "text": campaign.text or "each recipient's own",
        "to be sent at": None if campaign.send_at is None else f"{campaign.send_at:%Y-%m-%d %H:%M:%S} UTC",
        "quiet hours": None if campaign.quiet_hours is None else str(campaign.quiet_hours),
        "source": _how_read(summary),
        "recipients": f"{summary.total:,}",
        "not sent, or not answered, yet": f"{summary.planned:,}",
        "of these perhaps sent": f"{summary.unclear:,}" if summary.unclear else None,
        "no final status yet": f"{summary.accepted:,}",
        "final": ", ".join([f"{summary.final:,}", *by_group(summary.by_group)]),
        "rejected": f"{summary.rejected:,}",
        "unresolved": f"{summary.unresolved:,}",
        "duplicates": f"{summary.duplicates:,}",
        "suppressed": f"{summary.suppressed:,}",
        "deduplicated": f"{summary.deduplicated:,}",
    }
    table([], [[name, value] for name, value in facts.items() if value is not None])


def show_all(summaries: Sequence[CampaignSummary], *, in_json: bool) -> None:
    """All campaigns, a line each."""
    if in_json:
        click.echo(json.dumps([as_json(summary) for summary in summaries], ensure_ascii=False))
        return
    names = [
        "campaign",
        "state",
        "created",
        "recipients",
        "unsent",
        "waiting",
        "final",
        "rejected",
        "unresolved",
    ]
    table(names, [_line(summary) for summary in summaries])


def _line(summary: CampaignSummary) -> list[str]:
    counts = (
        summary.total,
        summary.planned,
        summary.accepted,
        summary.final,
        summary.rejected,
        summary.unresolved,
    )
    created = f"{summary.created_at:%Y-%m-%d %H:%M}"
    return [summary.campaign.id, summary.state.value, created, *map(str, counts)]


def _how_read(summary: CampaignSummary) -> str:
    if summary.source_read:
        return "read to its end"
    unread = unread_of(summary)
    rest = f"; not looked at: up to {counted(unread, 'recipient')}" if unread else ""
    over = summary.state is CampaignState.CANCELLED
    return f"{'never' if over else 'not yet'} read to its end{rest}"
