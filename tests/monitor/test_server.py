"""A local server and the work beside it: one does not outlive the other."""

from contextlib import suppress

import anyio
import httpx
import pytest

from ants_async.local_server import serving_app


async def inside(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


class TestWorkThatFails:
    async def test_stops_the_server_and_ends_the_block_with_its_error(self, caplog):
        fail = anyio.Event()

        async def work():
            await fail.wait()
            raise OSError("disk I/O error")

        async def call():
            async with (
                serving_app(inside, "test", work, host="127.0.0.1", port=0) as url,
                httpx.AsyncClient(trust_env=False) as client,
            ):
                assert (await client.get(url)).text == "inside"
                fail.set()
                with suppress(httpx.TransportError), anyio.fail_after(30):
                    while True:
                        await client.get(url)

        with pytest.raises(OSError, match="disk I/O error"):
            await call()
        assert "the test stops: its work failed" in caplog.text
        assert "disk I/O error" in caplog.text

    async def test_does_not_stand_before_an_error_of_the_block(self):
        async def work():
            raise OSError("disk I/O error")

        with pytest.raises(ZeroDivisionError):
            async with serving_app(inside, "test", work, host="127.0.0.1", port=0):
                raise ZeroDivisionError


async def test_work_that_comes_to_its_end_leaves_the_server_as_it_is():
    async def work():
        pass

    async with serving_app(inside, "test", work, host="127.0.0.1", port=0) as url:
        await anyio.wait_all_tasks_blocked()
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(url)).text == "inside"
