"""Campaigns on many workers, over PostgreSQL and Procrastinate (the extra `scaleout`)."""

from ants_async.extras import needing_extra

with needing_extra("scaleout"):
    import procrastinate  # noqa: F401 - asked for first, so that what is missing is named
    import psycopg_pool  # noqa: F401

from ants_async.scaleout.campaign import SharedCampaign
from ants_async.scaleout.outcomes import Cursor, OutcomeStream
from ants_async.scaleout.process import work
from ants_async.scaleout.scaleout import ScaleOut

__all__ = ["Cursor", "OutcomeStream", "ScaleOut", "SharedCampaign", "work"]
