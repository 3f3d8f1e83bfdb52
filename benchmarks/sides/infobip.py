"""The official client of the sister API, infobip-api-python-client: synchronous, generated, on pydantic.

It sends to `/sms/3/messages`, its own newest path; the stub answers that as it answers the others.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock

from infobip_api_client import ApiClient, Configuration
from infobip_api_client.api import SmsApi
from infobip_api_client.models import (
    SmsDestination,
    SmsMessage,
    SmsMessageContent,
    SmsRequest,
    SmsTextContent,
)

from benchmarks._lib.box import SENDER


def request(name, rows):
    """Rows as its models."""
    return SmsRequest(
        messages=[
            SmsMessage(
                sender=SENDER,
                destinations=[SmsDestination(to=to, message_id=f"{name}-{to}")],
                content=SmsMessageContent(SmsTextContent(text=text)),
            )
            for to, text in rows
        ]
    )


def count_accepted(receipt):
    """Messages that the API took."""
    return sum(message.status.group_id == 1 for message in receipt.messages)


async def run(box, *, chunk, threads):
    """Each of `threads` sends `chunk` messages a request."""
    configuration = Configuration(host=box.base_url, api_key="demo")
    configuration.connection_pool_maxsize = threads
    with ApiClient(configuration) as client, ThreadPoolExecutor(threads) as pool:
        api, lock = SmsApi(client), Lock()

        def warm(number):
            api.send_sms_messages(request(f"{box.name}-warm-{number}", [("66800000000", "Good morning")]))

        def send(_):
            accepted = 0
            while some := take():
                accepted += count_accepted(api.send_sms_messages(request(box.name, some)))
            return accepted

        def take():
            with lock:  # a generator is for one thread at a time
                return list(islice(rows, chunk))

        box.warmed = len(list(pool.map(warm, range(threads))))
        box.begin()
        rows = box.rows()
        box.end(sum(pool.map(send, range(threads))))
