"""The quick way says what the thorough way says, or leaves it to that."""

from hypothesis import given
from hypothesis import strategies as st

from ants_async.errors import DecodeError
from ants_async.models.sms import Receipts, SendReceipt
from ants_async.wire.converter import to_model

STATUS = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "Sent"}
RECEIPT = {"to": "66800000001", "status": STATUS, "smsCount": 1, "messageId": "a"}

odd = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just([]), st.just({}))
statuses = st.one_of(
    st.just(STATUS),
    st.builds(lambda name, value: STATUS | {name: value}, st.sampled_from([*STATUS, "new"]), odd),
    odd,
)
receipts = st.one_of(
    st.just(RECEIPT),
    st.builds(lambda status: RECEIPT | {"status": status}, statuses),
    st.builds(lambda name, value: RECEIPT | {name: value}, st.sampled_from([*RECEIPT, "new"]), odd),
    st.builds(
        lambda name: {key: RECEIPT[key] for key in RECEIPT if key != name}, st.sampled_from([*RECEIPT])
    ),
    odd,
)
answers = st.one_of(
    st.builds(lambda some, bulk: {"bulkId": bulk, "messages": some}, st.lists(receipts, max_size=4), odd),
    st.builds(lambda some: {"messages": some}, st.lists(receipts, max_size=4)),
    st.builds(lambda some: {"bulkId": "b", "messages": some}, odd),
    odd,
)


def read(data, kind):
    try:
        return to_model(data, kind)
    except DecodeError:
        return DecodeError


def columns(found):
    return found if found is DecodeError else ([*found.rows()], found.bulk_id)


@given(answers)
def test_receipts_by_column_are_what_they_are_by_themselves(data):
    thorough = read(data, SendReceipt)
    expected = thorough if thorough is DecodeError else Receipts.of(thorough)
    assert columns(read(data, Receipts)) == columns(expected)
