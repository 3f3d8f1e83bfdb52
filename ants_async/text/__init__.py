"""Texts, reckoned locally: the parts they divide into, what forces UCS-2, and the API's limits."""

from ants_async.text.limits import MAX_BYTES, MAX_PARTS, check_text
from ants_async.text.parts import Encoding, TextAnalysis, analyze, count_parts

__all__ = ["MAX_BYTES", "MAX_PARTS", "Encoding", "TextAnalysis", "analyze", "check_text", "count_parts"]
