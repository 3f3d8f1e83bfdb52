"""What the ledger keeps of a command, for a campaign to go on: its list, its canary."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from ants_async.cli.files import Layout, RecipientFile
from ants_async.dispatch import Canary
from ants_async.dispatch.campaign import CampaignSummary
from ants_async.errors import ConfigurationError

OURS: Final = {"by": "ants-async"}
"""Marks what this program keeps: a program of somebody else's may use the same words for something else."""


def source_of(file: RecipientFile) -> dict[str, Any]:
    """Where a list stands, so that it can be read again."""
    source = {"file": str(file.path), **file.layout.as_source()}
    return source if file.copied_for is None else source | {"copied": True}


def file_from(summary: CampaignSummary) -> RecipientFile | None:
    """The file a campaign was read from, or None when it did not come from one.

    Raises `ConfigurationError`, `ValidationError` when this version, or this installation, cannot read it.
    """
    source = kept_of(summary)
    campaign = summary.campaign
    if "file" not in source:
        return None
    path = source["file"]
    if not _is_path(path):
        raise ConfigurationError(f"campaign {campaign.id!r}: the ledger names no file that could be read")
    try:
        layout = Layout.of_source(source)
    except KeyError:
        return None
    copied_for = campaign.id if source.get("copied") else None
    return RecipientFile(Path(path), layout, campaign.template, copied_for, campaign.quiet_hours)


def _is_path(value: object) -> bool:
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def kept_of(summary: CampaignSummary) -> dict[str, Any]:
    """What the ledger keeps of the source, if it was this program that put it there."""
    try:
        source = json.loads(summary.source or "")
    except ValueError:
        return {}
    return source if isinstance(source, dict) and source.items() >= OURS.items() else {}


def canary_of(summary: CampaignSummary) -> Canary | None:
    """How carefully it began: it goes on so."""
    kept = kept_of(summary).get("canary")
    return None if kept is None else Canary(**kept)


def source_of_canary(canary: Canary | None, before: CampaignSummary | None) -> dict[str, Any]:
    """How carefully it goes, and how many were in it when that was asked for the first time."""
    if canary is None:
        return {}
    begins_at = 0 if before is None else before.total
    if before is not None and _is_kept(canary, before):
        begins_at = kept_of(before).get("canary_from", 0)
    return {"canary": attrs.asdict(canary), "canary_from": begins_at}


def pending(canary: Canary | None, before: CampaignSummary | None) -> Canary | None:
    """The canary, as long as it has not let the others through.

    It has where more are in the campaign than it looked at, and it is the same that they had to wait for.
    """
    if canary is None or before is None or not _is_kept(canary, before):
        return canary
    looked_at = max(canary.count, kept_of(before).get("canary_from", 0))
    return None if before.total > looked_at else canary


def _is_kept(canary: Canary, before: CampaignSummary) -> bool:
    return bool(kept_of(before).get("canary") == attrs.asdict(canary))


def rows_of(source: Mapping[str, Any], rows: int, before: CampaignSummary | None) -> dict[str, int]:
    """How many rows its list has, to keep with its source; not where some of another list were read before.

    Its counts are of both then, and would tell nothing of either. The same list is one of the same name,
    layout and number of rows.
    """
    wanted = {**source, "rows": rows}
    if before is not None and _looked_at(before):
        kept = kept_of(before)
        if {name: kept.get(name) for name in wanted} != wanted:
            return {}
    return {"rows": rows}


def unread_of(summary: CampaignSummary) -> int | None:
    """How many rows of its list it has not read, at most; None where that is not known.

    They are fewer where a list is read again: what was left out of it is counted anew.
    """
    if summary.source_read:
        return 0
    rows = kept_of(summary).get("rows")
    return max(0, rows - _looked_at(summary)) if isinstance(rows, int) else None


def size_of(summary: CampaignSummary) -> int:
    """How many are in it; of a list that it has not read to its end, as many as that has rows."""
    return summary.total if summary.source_read else max(summary.total, kept_of(summary).get("rows", 0))


def _looked_at(summary: CampaignSummary) -> int:
    return summary.total + summary.duplicates + summary.suppressed
