"""Drawings that more than one benchmark makes."""


def bars(axes, labels, values, *, unit, errors=None):
    """One bar for each label, its value beside it."""
    places = range(len(labels))
    axes.barh(places, values, color="#4477aa", xerr=errors, error_kw={"ecolor": "#999999"})
    axes.set_yticks(places, labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)  # the first one on top
    axes.set_xlabel(unit)
    axes.margins(x=0.18)
    axes.spines[["top", "right"]].set_visible(False)
    for place, value in zip(places, values, strict=True):
        axes.annotate(f" {value:,.3g}" if value < 100 else f" {value:,.0f}", (value, place), va="center")
