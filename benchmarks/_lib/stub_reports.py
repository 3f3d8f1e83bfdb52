"""The stub's delivery reports: ready after a delay, handed out once."""

import random
import time
from bisect import bisect_right
from datetime import UTC, datetime

_REPORT = (
    b'{"bulkId":"%b","messageId":"%b","to":"%b","sentAt":"%b","doneAt":"%b","smsCount":1,"mccMnc":"52001",'
    b'"price":{"pricePerMessage":0.5,"currency":"THB"},"status":{"groupId":3,"groupName":"DELIVERED","id":5,'
    b'"name":"DELIVERED_TO_HANDSET","description":"Message delivered to handset"},"error":{"groupId":0,'
    b'"groupName":"OK","id":0,"name":"NO_ERROR","description":"No Error","permanent":false}}'
)


def _time(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode() + b"+0000"


class _Bulk:
    """Number and id of each message in the order in which they become ready, and when that is."""

    __slots__ = ("given", "messages", "ready", "sent")

    def __init__(self, messages, ready, sent):
        self.messages, self.ready, self.sent, self.given = messages, ready, sent, 0

    def take(self, now, most):
        """Those that are ready and were not given yet, with their times."""
        end = min(bisect_right(self.ready, now), self.given + most)
        start, self.given = self.given, end
        return zip(self.messages[start:end], self.ready[start:end], strict=True)


class Bulks:
    """Reports by bulk. `early`: calls for a bulk of which nothing was ready yet; `empty`: others in vain."""

    def __init__(self, delays, *, together, seed=1):
        self._delays, self._together, self._random = delays, together, random.Random(seed)
        self._bulks = {}
        self.calls = {"early": 0, "empty": 0, "full": 0}
        self.reports = 0

    def add(self, bulk_id, messages):
        now = time.time()
        if self._together:
            ready = [now + self._random.uniform(*self._delays)] * len(messages)
        else:
            ready = sorted(now + self._random.uniform(*self._delays) for _ in messages)
        self._bulks[bulk_id] = _Bulk(messages, ready, _time(now))

    def take(self, bulk_id, limit):
        """The body of an answer."""
        now, bulk = time.time(), self._bulks.get(bulk_id)
        if bulk is None:
            self.calls["empty"] += 1
            return b'{"results":[]}'
        key, times = bulk_id.encode(), {}
        results = []
        for (to, message_id), ready in bulk.take(now, min(limit, 1000)):
            if ready not in times:
                times[ready] = _time(ready)
            results.append(_REPORT % (key, message_id, to, bulk.sent, times[ready]))
        self.reports += len(results)
        self.calls["full" if results else "empty" if bulk.ready[0] <= now else "early"] += 1
        if bulk.given == len(bulk.messages):
            del self._bulks[bulk_id]
        return b'{"results":[%b]}' % b",".join(results)

    def stats(self):
        return {"reports": self.reports, "left": len(self._bulks), **self.calls}
