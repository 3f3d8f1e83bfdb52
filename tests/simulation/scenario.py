"""What a seed asks for: the campaign, its list, and what becomes of list and ledger between runs."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random

from ants_async.dispatch import Campaign, Recipient

FIRST = 66_800_000_000
NUMBERS = 5000
SENDER = "ANTS"
_LEDGER = ("ledger.db", "ledger.db-wal")


def draw_campaign(rng):
    mode = rng.choice(["advanced", "advanced", "multi"])
    text = rng.choice(["Hello", "Hello {name}"])
    return Campaign("simulated", text=text, sender=SENDER, mode=mode)


def draw_people(rng, count=None):
    """Mostly a few; one list in forty has a thousand, for what has to stay small beside it."""
    if count is None:
        count = 1000 if rng.random() < 0.025 else rng.randint(1, 60)
    return [_person(number) for number in rng.sample(range(NUMBERS), count)]


def _person(number):
    return Recipient(str(FIRST + number), fields={"name": f"n{number}"})


def draw_suppressed(seed):
    """Whom not to text: nobody, or one number in five. It draws by itself, and changes nothing else."""
    rng = Random(f"suppressed by {seed}")
    return frozenset(str(FIRST + n) for n in rng.sample(range(NUMBERS), rng.choice([0, 0, NUMBERS // 5])))


def draw_quiet(seed, epoch):
    """When quiet hours begin and end, soon after the start, or None. It draws by itself, too."""
    rng = Random(f"quiet hours of {seed}")
    begin = datetime.fromtimestamp(epoch, UTC).replace(second=0, microsecond=0)
    begin += timedelta(minutes=rng.randint(2, 10))
    return rng.choice([None, None, (begin, begin + timedelta(minutes=rng.randint(5, 60)))])


def change_list(rng, people):
    """The list as it is exported the next time: in another order, longer, with rows doubled."""
    people = list({one.to: one for one in people}.values()) if rng.random() < 0.5 else list(people)
    if rng.random() < 0.3:
        known = {one.to for one in people}
        more = [_person(number) for number in rng.sample(range(NUMBERS), rng.randint(1, 10))]
        people += [one for one in more if one.to not in known]
    if rng.random() < 0.3:
        people += rng.choices(people, k=rng.randint(1, 10) if rng.random() < 0.95 else 3000)
    rng.shuffle(people)
    return people


class Disk:
    """Where the ledger lies; now and then it is gone, or an old copy of it is put back."""

    def __init__(self, world):
        self._world = world
        self._saved = None

    def between_runs(self, mode):
        """Without ids of one's own only a ledger that knows of the campaign can be made good.

        True when an old copy was put back.
        """
        rng = self._world.rng
        if rng.random() < 0.3 and (mode == "advanced" or self._world.sent()):
            self._save()
        if rng.random() > 0.15:
            return False
        if self._saved is not None and rng.random() < 0.7:
            self._restore()
            return True
        if mode == "advanced":
            self._delete()
        return False

    def is_begun(self):
        """Whether the campaign is in the ledger."""
        path = self._world.folder / "ledger.db"
        if not path.exists():
            return False
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'campaign'").fetchall()
            return bool(tables and connection.execute("SELECT 1 FROM campaign").fetchall())

    def _save(self):
        world = self._world
        kept = world.folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        for name in _LEDGER:
            if (world.folder / name).exists():
                shutil.copyfile(world.folder / name, kept / name)
        self._saved = world.last_words.copy()

    def _delete(self):
        for name in _LEDGER:
            (self._world.folder / name).unlink(missing_ok=True)
        self._world.last_words.clear()
        self._world.faults["ledger deleted"] += 1

    def _restore(self):
        self._delete()
        world = self._world
        for path in (world.folder / "kept").iterdir():
            shutil.copyfile(path, world.folder / path.name)
        world.last_words.update(self._saved)
        world.faults["ledger deleted"] -= 1
        world.faults["old ledger put back"] += 1
