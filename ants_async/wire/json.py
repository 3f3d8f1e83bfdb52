"""JSON, by orjson where it is installed (extra `fast`); the rules are the same without it."""

import json
import math
import re
from typing import Any, Final

from ants_async.wire.caps import TOO_DEEP, check_json_depth, check_json_size

try:
    import orjson
except ImportError:  # the core install stays light
    _HALF_A_CHARACTER: Final = re.compile(rb"\\u[dD][89a-fA-F]")

    def dumps(data: Any) -> bytes:
        """Compact UTF-8 JSON. Raises ValueError for what JSON cannot hold."""
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    def _parsed(content: bytes) -> Any:
        text = content.decode()
        try:
            if _HALF_A_CHARACTER.search(content):  # or both halves of one: writing it tells which
                everything = json.loads(text, object_pairs_hook=list)  # also what a name given twice hides
                json.dumps(everything, ensure_ascii=False).encode()
            return json.loads(text, parse_constant=_refuse, parse_float=_finite)
        except RecursionError:
            raise ValueError(TOO_DEEP) from None

    def _refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    def _finite(digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            raise ValueError("a number too large for JSON")
        return number

else:

    def dumps(data: Any) -> bytes:
        """Compact UTF-8 JSON. Raises ValueError for what JSON cannot hold."""
        try:
            return orjson.dumps(data)
        except TypeError as error:
            raise ValueError(str(error)) from None

    def _parsed(content: bytes) -> Any:
        return orjson.loads(content)


def loads(content: bytes) -> Any:
    """Parsed JSON. Raises ValueError for all else: bad UTF-8, NaN, half a character, too deep, too many."""
    check_json_size(content)
    data = _parsed(content)
    check_json_depth(data, content)
    return data
