"""Whatever anybody sends, the API answers like one: no 5xx, no exception, a body in its own words."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ants_async.endpoints import OPERATIONS
from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport
from ants_async.wire import json, xml

WORDS = (  # noqa: SIM905 - they read better so
    "to text from messages destinations messageId bulkId binary hex dataCoding esmClass flash language "
    "languageCode singleShift lockingShift transliteration notifyUrl notifyContentType callbackData "
    "validityPeriod sendAt tracking track type name configuration pinAttempts pinTimeToLive verifyPinLimit "
    "sendPinPerApplicationLimit sendPinPerPhoneNumberLimit enabled processId messageText pinPlaceholder "
    "pinLength pinType senderId repeatDTMF speechRate applicationId pin allowedIPs permissions "
    "validFrom validTo"
).split(" ")
QUERY = (  # noqa: SIM905
    "bulkId messageId limit from to generalStatus sentSince sentUntil mcc mnc enabled name ncNeeded"
).split(" ")

numbers = st.from_regex(r"668\d{8}", fullmatch=True)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | numbers | st.sampled_from(["15m", "3/1d", "NUMERIC", "<pin>", "ALL", "TR", "0f c2", "true"])
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=20,
)
destination = st.fixed_dictionaries({"to": numbers | scalars}, optional={"messageId": scalars})
message = st.fixed_dictionaries(
    {
        "text": st.text() | scalars,
        "destinations": st.lists(destination, min_size=1, max_size=3),
        "to": numbers,
    },
    optional={word: scalars for word in WORDS if word not in {"text", "destinations", "to"}},
)
bodies = values | st.fixed_dictionaries({"messages": st.lists(message, min_size=1, max_size=3)}) | message
header_texts = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40
)
types = st.sampled_from(["application/json", "application/xml", "text/plain", "application/json; charset=x"])


def contents(body):
    """The body in both formats, where it can be written in them."""
    try:
        yield "application/json", json.dumps(body)
        if isinstance(body, dict):
            yield "application/xml", xml.dumps(body, "request")
    except ValueError:
        return


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=bodies,
    raw=st.none() | st.tuples(types, st.binary(max_size=60)),
    query=st.dictionaries(st.sampled_from(QUERY), st.text(max_size=30), max_size=4),
    headers=st.fixed_dictionaries(
        {
            "Accept": types | header_texts,
            "Authorization": st.sampled_from(["Basic ZGVtbzpkZW1v", "App demo-key"]) | header_texts,
        }
    ),
    ids=st.lists(
        st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs", "Cc"]), min_size=1),
        min_size=2,
        max_size=2,
    ),
)
def test_it_answers(name, body, raw, query, headers, ids):  # noqa: PLR0917 - one a part of a request  # noqa: PLR0917
    import anyio

    endpoint = OPERATIONS[name]

    async def ask():
        simulator = Simulator(SimulatorConfig(delivery_time=0.0), lambda: 1_800_000_000.0)
        path = endpoint.path
        for place, field in enumerate(("application_id", "message_id", "pin_id", "account_key", "key")):
            path = path.replace(f"{{{field}}}", httpx.QueryParams({"x": ids[place % 2]}).__str__()[2:])
        async with httpx.AsyncClient(
            transport=SimulatorTransport(simulator.app), base_url="http://localhost"
        ) as client:
            tries = [*contents(body), *([raw] if raw is not None else [])]
            for content_type, content in tries:
                given = {"Content-Type": content_type} | headers
                response = await client.request(
                    endpoint.method,
                    path,
                    params=query,
                    content=content,
                    headers={key: value.encode("latin-1") for key, value in given.items()},
                )
                assert response.status_code < 500
                answered = response.headers["Content-Type"].partition(";")[0]
                assert answered in {"application/json", "application/xml"}
                (json if answered.endswith("json") else xml).loads(response.content)

    anyio.run(ask)
