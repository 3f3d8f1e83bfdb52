"""A set of phone numbers that stays small: a million of them in a few megabytes."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

_LOW_BITS: Final = 16
_LOW_MASK: Final = 0xFFFF
_SPARSE_LIMIT: Final = 4096  # from here on a bitmap of 8 KiB is the smaller form


class NumberSet:
    """Integers below 2**64 as a compressed bitmap: a bucket for each run of 65,536 numbers.

    Phone numbers share their prefixes, so that a bucket's numbers take two bytes each (a sorted array)
    or one bit (a bitmap), where a Python set takes about 60 bytes.
    """

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[int, array[int] | bytearray] = {}

    def add(self, number: int) -> bool:
        """Put a number in; False when it was there already."""
        return self.add_all((number,))[0]

    def add_all(self, numbers: Iterable[int]) -> list[bool]:
        """Put numbers in, one after the other; False for each that was there already."""
        buckets = self._buckets
        is_new = []
        for number in numbers:
            high, low = number >> _LOW_BITS, number & _LOW_MASK
            bucket = buckets.get(high)
            if isinstance(bucket, bytearray):
                byte, bit = low >> 3, 1 << (low & 7)
                is_new.append(not bucket[byte] & bit)
                bucket[byte] |= bit
            elif bucket is None:
                buckets[high] = array("H", (low,))
                is_new.append(True)
            else:
                is_new.append(self._add_to_array(high, bucket, low))
        return is_new

    def _add_to_array(self, high: int, bucket: "array[int]", low: int) -> bool:
        place = bisect_left(bucket, low)
        if place < len(bucket) and bucket[place] == low:
            return False
        bucket.insert(place, low)
        if len(bucket) > _SPARSE_LIMIT:
            self._buckets[high] = _as_bitmap(bucket)
        return True

    def __bool__(self) -> bool:
        return bool(self._buckets)

    def __len__(self) -> int:
        return sum(
            int.from_bytes(bucket).bit_count() if isinstance(bucket, bytearray) else len(bucket)
            for bucket in self._buckets.values()
        )

    def __iter__(self) -> Iterator[int]:
        for high, bucket in self._buckets.items():
            first = high << _LOW_BITS
            if isinstance(bucket, bytearray):
                lows = range(1 << _LOW_BITS)
                yield from (first + low for low in lows if bucket[low >> 3] & 1 << (low & 7))
            else:
                yield from (first + low for low in bucket)

    def __contains__(self, number: int) -> bool:
        bucket = self._buckets.get(number >> _LOW_BITS)
        low = number & _LOW_MASK
        if bucket is None:
            return False
        if isinstance(bucket, bytearray):
            return bool(bucket[low >> 3] & 1 << (low & 7))
        place = bisect_left(bucket, low)
        return place < len(bucket) and bucket[place] == low


def _as_bitmap(bucket: "array[int]") -> bytearray:
    bitmap = bytearray(1 << _LOW_BITS >> 3)
    for low in bucket:
        bitmap[low >> 3] |= 1 << (low & 7)
    return bitmap
