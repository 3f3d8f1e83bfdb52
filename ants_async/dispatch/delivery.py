"""How patiently a chunk is sent, and how far it has come."""

from typing import Final

import anyio
import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.ledger.protocol import Chunk
from ants_async.errors import ApiError

LATELY: Final = 1.0  # seconds: an older turn is none, and what waited longer is asked about again


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


@attrs.frozen(slots=True, eq=False)
class Ready:
    """A request that may leave now, once, through `client`, after `waited` seconds; `at`: its turn.

    `carries`: its chunk, from when it leaves, for what is asked before a repeat of it.
    """

    client: AntsClient
    waited: float
    at: float
    carries: list[Chunk]

    @property
    def is_stale(self) -> bool:
        """Whether its turn is over: what holds up several must not let them go together."""
        return anyio.current_time() - self.at > LATELY

    def leaves(self, chunk: Chunk) -> AntsClient:
        """With this chunk."""
        self.carries.append(chunk)
        return self.client


@attrs.define(slots=True)
class Delivery:
    """A chunk on its way to an answer, and what its tries so far have come to.

    `ready`: its next request has had its turn by the rate.
    `unclear`: a try may have arrived. `looked_back`: nor has a request that this ledger knows nothing of.
    `refusal`: a later try of its only message was refused.
    """

    chunk: Chunk
    wait: float
    is_new: bool
    unclear: bool
    ready: Ready | None
    looked_back: bool = False
    refusal: ApiError | None = None
    failing_since: float | None = None
