"""How patiently a chunk is sent, and how far it has come."""

import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.ledger.protocol import Chunk
from ants_async.errors import ApiError


@attrs.frozen(slots=True, kw_only=True)
class SendingRules:
    """Waiting, in seconds.

    `settle`: before the logs are asked about a request without an answer, for it may still be under way.
    `patience`: how long the API may be out of reach before the campaign pauses. `pause`: the first wait
    between tries; it doubles up to `pause_cap`.
    """

    settle: float = 10.0
    patience: float = 600.0
    pause: float = 1.0
    pause_cap: float = 30.0


@attrs.define(slots=True)
class Delivery:
    """A chunk on its way to an answer, and what its tries so far have come to.

    `ready`: the client for its next request, which has had its turn by the rate.
    `unclear`: a try may have arrived. `looked_back`: nor has a request that this ledger knows nothing of.
    `refusal`: a later try of its only message was refused.
    """

    chunk: Chunk
    wait: float
    is_new: bool
    unclear: bool
    ready: AntsClient | None
    looked_back: bool = False
    refusal: ApiError | None = None
    failing_since: float | None = None
