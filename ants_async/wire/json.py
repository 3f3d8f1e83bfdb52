"""JSON, by orjson where it is installed (extra `fast`)."""

import json
from typing import Any

try:
    import orjson
except ImportError:  # the core install stays light

    def dumps(data: Any) -> bytes:
        """Compact UTF-8 JSON. Raises ValueError for what JSON cannot hold."""
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    def _refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    def loads(data: bytes) -> Any:
        """Parsed JSON. Raises ValueError for anything else, bad UTF-8 and NaN included."""
        try:
            return json.loads(data.decode(), parse_constant=_refuse)
        except RecursionError:
            raise ValueError("nested too deeply") from None

else:

    def dumps(data: Any) -> bytes:
        """Compact UTF-8 JSON. Raises ValueError for what JSON cannot hold."""
        try:
            return orjson.dumps(data)
        except TypeError as error:
            raise ValueError(str(error)) from None

    def loads(data: bytes) -> Any:
        """Parsed JSON. Raises ValueError for anything else, bad UTF-8 and NaN included."""
        return orjson.loads(data)
