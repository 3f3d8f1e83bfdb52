"""Campaigns on many workers, over PostgreSQL and Procrastinate (the extra `scaleout`)."""

from ants_async.errors import ConfigurationError

try:
    import procrastinate
    import psycopg_pool
except ImportError as missing:
    raise ConfigurationError(
        f"many workers need {missing.name}: python -m pip install 'ants-async[scaleout]'"
    ) from missing

from ants_async.scaleout.campaign import SharedCampaign
from ants_async.scaleout.outcomes import Cursor, OutcomeStream
from ants_async.scaleout.process import work
from ants_async.scaleout.scaleout import ScaleOut

del procrastinate, psycopg_pool

__all__ = ["Cursor", "OutcomeStream", "ScaleOut", "SharedCampaign", "work"]
