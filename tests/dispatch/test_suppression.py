"""Whom not to text is not texted, and it is told; a list that cannot be read lets nobody through."""

import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, CampaignState, OutcomeKind, Recipient, SqliteLedger, follow_up
from ants_async.dispatch.campaign import SUPPRESSED
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.suppression import SuppressionList, is_suppressed
from ants_async.errors import ValidationError

CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")
EVERYBODY = [one.to for one in people(6)]
TWO = EVERYBODY[1:3]


def by_kind(outcomes, kind):
    return [(one.row, one.to) for one in outcomes if one.kind is kind]


@pytest.mark.parametrize(
    "suppress", [set(TWO), SuppressionList(TWO), TWO.__contains__], ids=["set", "list", "function"]
)
@virtual_time
async def test_they_are_left_out_and_told_so(world, suppress):
    async with world() as w:
        outcomes = await w.run(CAMPAIGN, people(6), suppress=suppress)
        assert by_kind(outcomes, OutcomeKind.SUPPRESSED) == [(2, TWO[0]), (3, TWO[1])]
        assert len(by_kind(outcomes, OutcomeKind.FINAL)) == 4
        assert (await w.stats())["accepted"] == 4
        summary = await w.ledger.summary(CAMPAIGN.id)
        assert (summary.total, summary.suppressed, summary.is_done) == (4, 2, True)
        told = [one async for one in w.ledger.outcomes(CAMPAIGN.id)]
        assert by_kind(told, OutcomeKind.SUPPRESSED) == [(2, TWO[0]), (3, TWO[1])]


@virtual_time
async def test_a_row_that_stands_twice_is_suppressed_once_and_a_duplicate_once(world):
    async with world() as w:
        twice = [Recipient(TWO[0]), Recipient(TWO[0])]
        outcomes = await w.run(CAMPAIGN, twice, suppress=set(TWO))
        assert [one.kind for one in outcomes] == [OutcomeKind.DUPLICATE, OutcomeKind.SUPPRESSED]


@virtual_time
async def test_whom_an_earlier_run_reached_is_no_news(world):
    async with world() as w:
        await w.run(CAMPAIGN, people(6))
        assert await w.run(CAMPAIGN, people(6), suppress=set(TWO)) == []
        assert (await w.ledger.summary(CAMPAIGN.id)).final == 6


@virtual_time
async def test_who_may_have_been_texted_before_the_list_had_the_number_is_looked_up_and_not_sent_to(
    world,
):
    async with world() as w:
        opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=False, now=w.client.clock())
        messages = Messages.planned(CAMPAIGN.id, [*range(1, 7)], EVERYBODY, ["Hi"] * 6)
        await w.ledger.begin(opened, messages, w.client.clock())
        await w.ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
        outcomes = await w.run(CAMPAIGN, None, suppress=set(TWO))
        assert by_kind(outcomes, OutcomeKind.REJECTED) == [(2, TWO[0]), (3, TWO[1])]
        assert len(by_kind(outcomes, OutcomeKind.FINAL)) == (await w.stats())["accepted"] == 4


@virtual_time
async def test_who_was_planned_before_the_list_had_the_number_is_rejected_unsent(world):
    async with world() as w:
        opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=False, now=1.0)
        messages = Messages.planned(CAMPAIGN.id, [*range(1, 7)], EVERYBODY, ["Hi"] * 6)
        await w.ledger.attempting(await w.ledger.begin(opened, messages, 1.0), None)
        await w.ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
        outcomes = await w.run(CAMPAIGN, None, suppress=set(TWO))
        assert by_kind(outcomes, OutcomeKind.REJECTED) == [(2, TWO[0]), (3, TWO[1])]
        assert {one.error for one in outcomes if one.kind is OutcomeKind.REJECTED} == {SUPPRESSED}
        assert (await w.stats())["accepted"] == 4


class TestKept:
    @virtual_time
    async def test_with_a_campaign_they_hold_whoever_goes_on_with_it(self, world, tmp_path):
        async with world(SqliteLedger(tmp_path / "ledger.db")) as w:
            told = []
            for count, some in ((4, SuppressionList(TWO[:1])), (5, {f"+{TWO[1]}"})):
                told += [one async for one in w.dispatcher().run(CAMPAIGN, people(count), suppress=some)]
            assert len(by_kind(told, OutcomeKind.FINAL)) == 4
        async with world(SqliteLedger(tmp_path / "ledger.db")) as w:
            await w.run(CAMPAIGN, people(6))
            assert set(await w.ledger.suppressed(CAMPAIGN.id)) == set(TWO)
            assert not {one["to"] for one in await w.sent()} & set(TWO)

    @virtual_time
    async def test_with_a_campaign_they_hold_for_whoever_was_planned_before(self, world):
        async with world() as w:
            opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=False, now=1.0)
            messages = Messages.planned(CAMPAIGN.id, [*range(1, 7)], EVERYBODY, ["Hi"] * 6)
            await w.ledger.attempting(await w.ledger.begin(opened, messages, 1.0), None)
            await w.ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
            outcomes = [one async for one in w.dispatcher().run(CAMPAIGN, None, suppress=TWO)]
            assert by_kind(outcomes, OutcomeKind.REJECTED) == [(2, TWO[0]), (3, TWO[1])]

    @virtual_time
    async def test_with_a_campaign_they_hold_for_no_other(self, world):
        async with world() as w:
            await anext(w.dispatcher().run(CAMPAIGN, people(6), suppress=set(EVERYBODY)))
            outcomes = await w.run(Campaign("other", text="Hi"), people(6))
            assert len(by_kind(outcomes, OutcomeKind.FINAL)) == 6

    @virtual_time
    async def test_whom_a_campaign_is_not_to_text_by_now_no_follow_up_texts(self, world):
        async with world(unreachable=set(TWO)) as w:
            await w.run(CAMPAIGN, people(6))
            assert [one.to async for one in follow_up(w.ledger, CAMPAIGN.id)] == TWO
            assert [one async for one in w.dispatcher().run(CAMPAIGN, None, suppress=TWO[:1])] == []
            assert [one.to async for one in follow_up(w.ledger, CAMPAIGN.id)] == TWO[1:]

    @pytest.mark.parametrize("odd", [TWO[0], TWO.__contains__], ids=["a number", "a function"])
    @virtual_time
    async def test_only_a_list_can_be(self, world, odd):
        async with world() as w:
            with pytest.raises(ValidationError, match="a set of numbers or a SuppressionList, to be kept"):
                await anext(w.dispatcher().run(CAMPAIGN, people(6), suppress=odd))
            assert await w.ledger.campaigns() == []


class TestFiles:
    @pytest.mark.parametrize(
        "text",
        [
            "66800000001\n66800000002\n",
            "# who wrote STOP\n66800000001\n  # last year\n66800000002\n",
            "\ufeffmsisdn,when\n+66800000001,20270413\n\n66800000002;x\n",
            "phone,exported 2027-04-13 10:30:00+07:00\n66800000001\n66800000002\n",
            '"number"\r\n"66800000001"\r\n66800000002 # asked by phone\r\n',
        ],
        ids=["a number a line", "lines of remarks", "a table", "a table of some day", "with remarks"],
    )
    def test_are_a_number_a_line(self, tmp_path, text):
        path = tmp_path / "stop.csv"
        path.write_bytes(text.encode())
        found = SuppressionList.read(path)
        assert "66800000001" in found
        assert "66800000002" in found
        assert "66800000003" not in found
        assert "nobody" not in found

    @pytest.mark.parametrize(
        "line",
        [
            *("0812345678", "66-800", "nobody", ",66800000002", "10000001;66800000002"),
            *("66800000002,+66 80 000 0003", "66800000002;080-000-0003", "66800000002 # now 66800000003"),
        ],
    )
    def test_that_hold_something_else_are_refused_by_file_and_line(self, tmp_path, line):
        path = tmp_path / "stop.csv"
        path.write_text(f"66800000001\n{line}\n")
        with pytest.raises(ValidationError, match=r"stop\.csv, line 2.*(8 to 15 digits|one number a line)"):
            SuppressionList.read(path)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"Anna,+66 80 000 0001\n", ", line 1: 'Anna,.*' is not valid: one number a line"),
            (b"66800000001\n\xff\xfe", ": .* is not valid: a list in UTF-8"),
            (b"66800000001\n" * 1000 + b"\xff\xfe", r", after line \d+: b'.*' is not valid: a list in UTF-8"),
            (b"\xef\xbb", ": .* a list in UTF-8"),
            (b"\0\0\n", ", line 1: .* is not valid: text, a number a line"),
            (b"1" * 100_000, ", line 1: '1{100}…' is not valid: a number a line"),
            (b"66800000001\n" + b"1" * 1000, ", line 2: '1{100}…' is not valid: an international number"),
        ],
        ids=[
            "a number with spaces beside a name",
            *("no UTF-8", "no UTF-8 far below", "half a mark", "zeros", "no line ends", "a long line"),
        ],
    )
    def test_that_cannot_be_read_whole_let_nobody_through(self, tmp_path, content, said):
        path = tmp_path / "stop.csv"
        path.write_bytes(content)
        with pytest.raises(ValidationError, match=rf"stop\.csv{said}"):
            SuppressionList.read(path)


@pytest.mark.parametrize("number", ["812345671", "66812345671", "660812345671", "+660812345671"])
def test_a_number_whose_zero_was_lost_or_kept_is_meant_all_the_same(tmp_path, number):
    (tmp_path / "stop.txt").write_text(f"{number}\n")
    assert "66812345671" in SuppressionList.read(str(tmp_path / "stop.txt"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_mark_says_what_a_list_is_in(tmp_path, encoding):
    (tmp_path / "stop.txt").write_text("เบอร์\n66812345671\n", encoding=encoding)
    assert list(SuppressionList.read(tmp_path / "stop.txt")) == ["66812345671"]


@pytest.mark.parametrize(
    ("text", "is_one"), [("", False), (" \n\n", False), ("number\n", True), ("# nobody", True)]
)
def test_an_empty_file_is_no_list_of_nobody(tmp_path, text, is_one):
    (tmp_path / "stop.txt").write_text(text)
    if is_one:
        assert not SuppressionList.read(tmp_path / "stop.txt")
    else:
        with pytest.raises(ValidationError, match=r"stop\.txt.* not empty"):
            SuppressionList.read(tmp_path / "stop.txt")


def test_with_a_region_numbers_are_read_as_people_write_them(tmp_path):
    path = tmp_path / "stop.txt"
    path.write_text("081-234-5678\n+66 81 234 5679\n66812345670\n812345671 # Excel took the zero\n")
    found = SuppressionList.read(path, region="TH")
    for number in ("66812345678", "66812345679", "66812345670", "66812345671"):
        assert number in found


@pytest.mark.parametrize(
    ("line", "region"),
    [
        ("0812345678, 081-234-5679", "TH"),
        ("0812345678; 081\u2013234\u20135679", "TH"),
        ("0812345678; ๐๘๑-๒๓๔-๕๖๗๙", "TH"),
        ("98765432,91234567", "SG"),
        ("Anna,91234567", "SG"),  # no header
        ("98765432,91-23-4567", "SG"),  # no date
        ("91234567,20991239", "DK"),  # none either: of no day
        ("98765432,2027-04-13 91234567", "SG"),
        ("0812345678 # now 081-234-5679", "TH"),
        ("Anna #91234567", "SG"),
    ],
)
def test_with_a_region_a_second_number_is_seen_however_short(tmp_path, line, region):
    path = tmp_path / "stop.txt"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValidationError, match="which of these"):
        SuppressionList.read(path, region=region)


@pytest.mark.parametrize(
    "other", ["2027-04-13", "13.04.2027", "20270413", "2027-04-13 09:30", "12345", "Anna"]
)
def test_nor_is_a_date_a_second_number_then(tmp_path, other):
    path = tmp_path / "stop.txt"
    path.write_text(f"0812345678,{other}\n")
    assert "66812345678" in SuppressionList.read(path, region="TH")


def test_with_a_region_what_takes_no_texts_is_no_reason_to_refuse_a_list(tmp_path):
    path = tmp_path / "stop.txt"
    path.write_text("1800123456\n66300000001\n+66 300-000-002\n")
    found = SuppressionList.read(path, region="TH")
    assert all(number in found for number in ("661800123456", "66300000001", "66300000002"))


@pytest.mark.parametrize(
    ("line", "region"),
    [
        ("0812345", "TH"),
        ("+6681234567", "TH"),  # a digit is lost
        ("668123456789", "TH"),  # one too many
        ("66812345678 12", "TH"),
        ("+66812345678 66", "TH"),
        ("7712345 7754321", "MV"),  # two in one cell
        ("81234567 812345", "SG"),
    ],
)
def test_with_a_region_what_is_damaged_or_two_in_one_is_refused(tmp_path, line, region):
    path = tmp_path / "stop.txt"
    path.write_text(f"{line}\n")
    with pytest.raises(ValidationError, match="no such number"):
        SuppressionList.read(path, region=region)


def test_with_a_region_what_could_be_one_of_two_is_both(tmp_path):
    path = tmp_path / "stop.txt"
    path.write_text("6581234567\n")
    found = SuppressionList.read(path, region="DE")
    assert "6581234567" in found
    assert "496581234567" in found
    assert len(found) == 2


def test_a_region_that_there_is_not_is_no_fault_of_a_line(tmp_path):
    path = tmp_path / "stop.txt"
    path.write_text("0812345678\n")
    with pytest.raises(ValidationError, match=r"^region: 'XX' is not valid"):
        SuppressionList.read(path, region="XX")


def test_several_lists_are_asked_one_after_the_other():
    asked = is_suppressed(None, {TWO[0]}, TWO[1].__eq__)
    assert [asked(one) for one in EVERYBODY] == [False, True, True, False, False, False]
    assert is_suppressed(None, None) is None


def test_a_single_number_is_no_list():
    with pytest.raises(ValidationError, match="suppress"):
        is_suppressed("66800000001")
