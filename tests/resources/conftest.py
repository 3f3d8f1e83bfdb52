"""A client whose requests are kept, and answered as the test says."""

import httpx
import pytest
from engine_world import world

from ants_async import AntsClient, BasicAuth

__all__ = ["world"]


class Api(httpx.AsyncBaseTransport):
    """Answers by method and path; what is not named is 404. An exception is raised."""

    def __init__(self):
        self.answers = {}
        self.requests = []

    def __call__(self, method, path, *answers):
        """Give these answers, the last one for ever: a body, a response, an exception."""
        self.answers[method, path] = list(answers)

    async def handle_async_request(self, request):
        self.requests.append(request)
        answers = self.answers.get((request.method, request.url.path), [httpx.Response(404)])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return httpx.Response(200, json=answer)

    @property
    def paths(self):
        return [f"{request.method} {request.url.path}" for request in self.requests]


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def connect(api):
    """Makes clients of the api."""

    def make(credentials=None, **options):
        credentials = credentials or BasicAuth("demo", "demo")
        return AntsClient("https://api.ants.co.th", credentials, transport=api, **{"rate": None} | options)

    return make
