"""The ledger's work on campaigns: begun, gone on with, ended, summed up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Mode, OutcomeKind
from ants_async.dispatch.ledger import suppressed
from ants_async.dispatch.ledger.foreign import storable
from ants_async.dispatch.ledger.protocol import OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.work import LOCKED, Work, read_of, row, rows, run
from ants_async.dispatch.quiet import QuietHours
from ants_async.dispatch.suppression import SuppressionList
from ants_async.errors import CampaignMismatch, LedgerInUse, ValidationError

ASKED: Final = ("text", "sender", "mode", "validity", "send_at", "quiet_hours")
"""What makes a campaign the one that it was."""

_FIND_CAMPAIGN: Final = (
    f"SELECT key, state, created_at, store_texts, api, {', '.join(ASKED)} FROM campaign WHERE id = ? {LOCKED}"  # noqa: S608
)


def mark_interrupted() -> Work[None]:
    """Whoever opens the ledger has it alone: what says it is running was killed."""
    yield from run(
        "UPDATE campaign SET state = ? WHERE state = ?",
        *(str(CampaignState.INTERRUPTED), str(CampaignState.RUNNING)),
    )


def campaign_key(campaign_id: str) -> Work[int | None]:
    """A campaign's place, or None."""
    found = yield from row("SELECT key FROM campaign WHERE id = ?", campaign_id)
    return None if found is None else int(found[0])


def open_campaign(
    campaign: Campaign,
    source: str | None,
    api: str | None,
    now: float,
    *,
    reads_source: bool,
    suppress: SuppressionList | None,
    store_texts: bool,
    is_alone: bool,
    check: Callable[[int], Work[None]],
) -> Work[OpenCampaign]:
    """Create or continue. Raises `CampaignMismatch`, `LedgerInUse`, `LedgerError`, `ValidationError`.

    `is_alone`: it is known that nobody else has it at work. `check` is done before it goes on.
    """
    wanted = _asked(campaign)
    found = yield from row(_FIND_CAMPAIGN, campaign.id)
    running = str(CampaignState.RUNNING)
    if found is None:
        campaign.check_due(now)
        (key,) = yield from row(
            f"INSERT INTO campaign (id, {', '.join(wanted)}, api, created_at, state, source, store_texts)"  # noqa: S608
            f" VALUES ({', '.join('?' * (6 + len(wanted)))}) RETURNING key",
            *(campaign.id, *wanted.values(), api, now, running, storable(source), int(store_texts)),
        )
        kept = yield from suppressed.suppress(int(key), suppress)
        return OpenCampaign(int(key), campaign, stores_texts=store_texts, suppressed=kept)
    key, state, created_at, stores_texts, begun_at, *asked = found
    if state == running and not is_alone:
        raise LedgerInUse(at_work_already(campaign.id))
    is_cancelled = state == str(CampaignState.CANCELLED)
    if is_cancelled and reads_source:
        raise CampaignMismatch(f"campaign {campaign.id!r} was cancelled; to send anew take another id")
    yield from check(key)
    for (field, value), other in zip(wanted.items(), asked, strict=True):
        if other != value:
            raise CampaignMismatch(
                f"campaign {campaign.id!r} was started with {field} {_shown(field, other)}, "
                f"not {_shown(field, value)}; to continue it use the same, to send anew take another id"
            )
    if api is not None and begun_at not in {None, api}:
        raise CampaignMismatch(
            f"campaign {campaign.id!r} was begun at {begun_at}, and {api} knows nothing of it; "
            "to send it there take another id, or another ledger"
        )
    store_texts = bool(store_texts and stores_texts)
    if not is_cancelled:
        yield from run(
            "UPDATE campaign SET state = ?, reason = NULL, source = coalesce(?, source),"
            " api = coalesce(api, ?), source_read = source_read * ?, store_texts = ? WHERE key = ?",
            *(running, storable(source), api, int(not reads_source), int(store_texts), key),
        )
    (started_at,) = yield from row(
        "SELECT min(coalesce(attempted_at, answered_at)) FROM chunk WHERE campaign = ?", key
    )
    return OpenCampaign(
        key,
        campaign,
        created_at if started_at is None else started_at,
        stores_texts=store_texts,
        is_cancelled=is_cancelled,
        suppressed=(yield from suppressed.suppress(key, suppress)),
    )


def _shown(field: str, value: Any) -> str:
    """A column as people write it."""
    if value is None:
        return "none"
    if field == "validity":
        return str(timedelta(seconds=value))
    return str(datetime.fromtimestamp(value, UTC)) if field == "send_at" else repr(value)


def _asked(campaign: Campaign) -> dict[str, Any]:
    """As columns have it."""
    asked = (
        campaign.text,
        campaign.sender,
        str(campaign.mode),
        None if campaign.validity is None else campaign.validity.total_seconds(),
        None if campaign.send_at is None else campaign.send_at.timestamp(),
        None if campaign.quiet_hours is None else str(campaign.quiet_hours),
    )
    return dict(zip(ASKED, asked, strict=True))


def campaign_of(columns: Sequence[Any]) -> Campaign:
    """From its id and the columns `ASKED` back to the campaign."""
    campaign_id, text, sender, mode, validity, send_at, quiet_hours = columns
    return Campaign(
        campaign_id,
        text,
        sender,
        Mode(mode),
        None if validity is None else timedelta(seconds=validity),
        None if send_at is None else datetime.fromtimestamp(send_at, UTC),
        None if quiet_hours is None else QuietHours.parse(quiet_hours),
    )


def at_work_already(campaign_id: str) -> str:
    """Why it is refused."""
    return f"campaign {campaign_id!r} is at work already; wait for it, or stop it first"


def close_campaign(key: int, state: CampaignState, reason: str | None) -> Work[None]:
    """Say how a run ended; what was cancelled stays so."""
    sql = "UPDATE campaign SET state = ?, reason = ? WHERE key = ? AND state <> ?"
    yield from run(sql, str(state), storable(reason), key, str(CampaignState.CANCELLED))


def cancel(campaign_id: str, reason: str, *, is_alone: bool) -> Work[None]:
    """What is not sent by now never will be. Raises `LedgerInUse`, `ValidationError`."""
    _, state, *_ = yield from row(_FIND_CAMPAIGN, campaign_id)
    if state == str(CampaignState.RUNNING) and not is_alone:
        raise LedgerInUse(at_work_already(campaign_id))
    if state == str(CampaignState.FINISHED):
        raise ValidationError("campaign", campaign_id, "one that is not finished")
    if state != str(CampaignState.CANCELLED):
        sql = "UPDATE campaign SET state = ?, reason = ? WHERE id = ?"
        yield from run(sql, str(CampaignState.CANCELLED), storable(reason), campaign_id)


def source_read(key: int) -> Work[None]:
    """The whole source is in the ledger now."""
    yield from run("UPDATE campaign SET source_read = 1 WHERE key = ?", key)


_CAMPAIGN: Final = (
    *("key", "id", *ASKED, "created_at", "state", "reason", "source"),
    *("source_read", "store_texts", "api", "suppression_size"),
)


@read_of("a campaign")
def summaries(campaign_id: str | None) -> Work[list[CampaignSummary]]:
    """One campaign, or all of them, newest first."""
    where, values = ("", ()) if campaign_id is None else ("WHERE id = ?", (campaign_id,))
    found = yield from rows(
        f"SELECT {', '.join(_CAMPAIGN)} FROM campaign {where} ORDER BY created_at DESC, key DESC",  # noqa: S608
        *values,
    )
    summed = []
    for one in found:
        summed.append((yield from _summary(dict(zip(_CAMPAIGN, one, strict=True)))))  # noqa: PERF401
    return summed


_UNCLEAR: Final = f"chunk.state = {ChunkState.UNANSWERED:d} AND attempted_at IS NOT NULL"
_PLANNED: Final = f"""
SELECT coalesce(sum(last - first + 1), 0),
    coalesce(sum(CASE WHEN {_UNCLEAR} THEN last - first + 1 ELSE 0 END), 0)
FROM chunk WHERE campaign = ?
"""  # noqa: S608 - a number of ours, as below
_MESSAGES: Final = f"""
SELECT fate.was, fate.state, group_name, sum(fate.last - fate.first + 1),
    sum(CASE WHEN fate.was = 0 THEN (fate.last - fate.first + 1) * deduplicated ELSE 0 END),
    sum(CASE WHEN fate.was = 0 AND {_UNCLEAR} THEN fate.last - fate.first + 1 ELSE 0 END)
FROM chunk JOIN fate ON fate.chunk = chunk.key LEFT JOIN status ON status.key = fate.status
WHERE chunk.campaign = ? GROUP BY 1, 2, 3
"""  # noqa: S608


_LEFT_OUT: Final = "SELECT why, count(*) FROM left_out WHERE campaign = ? GROUP BY why"


def _summary(campaign: Mapping[str, Any]) -> Work[CampaignSummary]:
    key = campaign["key"]
    states: dict[int, int] = dict.fromkeys(MessageState, 0)
    by_group: dict[str, int] = {}
    deduplicated = 0
    planned, unclear = yield from row(_PLANNED, key)
    states[MessageState.PLANNED] = int(planned)
    for was, state, group_name, messages, again, clear in (yield from rows(_MESSAGES, key)):
        states[was] -= int(messages)
        states[state] += int(messages)
        deduplicated += int(again)
        unclear -= clear
        if state == MessageState.FINAL:
            if group_name is None:
                raise ValueError("a final message without a status")
            by_group[group_name] = by_group.get(group_name, 0) + int(messages)
    left_out = dict((yield from rows(_LEFT_OUT, key)))
    return CampaignSummary(
        campaign_of([campaign[name] for name in ("id", *ASKED)]),
        CampaignState(campaign["state"]),
        datetime.fromtimestamp(campaign["created_at"], UTC),
        campaign["reason"],
        campaign["source"],
        bool(campaign["source_read"]),
        bool(campaign["store_texts"]),
        states[MessageState.PLANNED],
        states[MessageState.ACCEPTED],
        states[MessageState.REJECTED],
        states[MessageState.FINAL],
        states[MessageState.UNRESOLVED],
        int(left_out.get(str(OutcomeKind.DUPLICATE), 0)),
        int(left_out.get(str(OutcomeKind.SUPPRESSED), 0)),
        deduplicated,
        by_group,
        campaign["api"],
        campaign["suppression_size"],
        int(unclear),
    )
