"""Other users of the account: they text the same people, and nobody may take their reports."""

import anyio
import attrs
import httpx

from ants_async.simulator import SimulatorTransport
from simulation.judge import Breach
from simulation.scenario import FIRST, NUMBERS, SENDER
from simulation.world import MARK, World

_MOST_TO_ONE = 4  # the flooding filter of the API must not hold back ours


@attrs.define
class Others:
    """They send `left` messages, before the campaign and while it is at work, many to its `numbers`."""

    world: World
    left: int
    numbers: list[str]
    sent: dict[str, int] = attrs.field(factory=dict)
    handed_out: list[str] = attrs.field(factory=list)

    @property
    def count(self):
        return sum(self.sent.values())

    def _http(self):
        return httpx.AsyncClient(
            transport=SimulatorTransport(self.world.server.app),
            base_url="http://localhost",
            auth=("demo", "demo"),
        )

    async def begin(self):
        """The first half of them."""
        for _ in range(3):
            await self._send(self.left // 4)

    async def live(self):
        """The others, one handful after the other."""
        while self.left:
            await anyio.sleep(10 ** self.world.rng.uniform(-1, 2))
            await self._send(min(self.left, 10))

    async def _send(self, count):
        rng = self.world.rng
        numbers = rng.sample(self.numbers, min(len(self.numbers), (count + 1) // 2))
        numbers += [str(FIRST + number) for number in rng.sample(range(NUMBERS), count - len(numbers))]
        numbers = [to for to in dict.fromkeys(numbers) if self.sent.get(to, 0) < _MOST_TO_ONE]
        self.left -= count
        for to in numbers:
            self.sent[to] = self.sent.get(to, 0) + 1
        messages = [{"from": SENDER, "to": to, "text": f"{MARK} {self.sent[to]} to {to}"} for to in numbers]
        if messages:
            async with self._http() as http:
                answer = await http.post("/sms/1/text/multi", json={"messages": messages})
                assert answer.status_code == 200

    async def check(self):
        """Each of their reports is there still, once."""
        theirs = {
            message.message_id: message.reported
            for message in self.world.server._services.account.messages
            if message.asked.text.startswith(MARK)
        }
        taken = [key for key, reported in theirs.items() if reported]
        if taken:
            raise Breach("strangers", f"{len(taken)} strangers' reports were taken")
        async with self._http() as http:
            while results := (await http.get("/sms/1/reports?limit=1000")).json()["results"]:
                self.handed_out += [one["messageId"] for one in results]
        missing = theirs.keys() - set(self.handed_out)
        if missing:
            raise Breach("strangers", f"{len(missing)} strangers' reports are gone")
