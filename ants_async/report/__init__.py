"""What became of a campaign: figures in one pass over its outcomes, and a page that shows them."""

from ants_async.report.facts import Price
from ants_async.report.figures import Figures, reckon
from ants_async.report.page import Look, render

__all__ = ["Figures", "Look", "Price", "reckon", "render"]
