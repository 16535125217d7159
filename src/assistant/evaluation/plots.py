"""The report's plots as SVG that stands in the page: no file, no script, colours of the page."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from assistant.evaluation.metrics.calibration import Bin
from assistant.evaluation.metrics.percentile import percentile
from assistant.evaluation.metrics.risk_coverage import Point

_INK = "#010203"
"""Stands for the text colour of the page and is replaced by it."""

_STYLE: dict[Any, object] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


class _Look(NamedTuple):
    """How a series is told from another: dots by colour and shape, numbers by height."""

    color: str
    marker: str
    above: int


_LOOKS = (_Look("#1f77b4", "o", 6), _Look("#d95f02", "s", -13))


def risk_coverage_plot(points: Sequence[Point], coverage: float, risk: float) -> str:
    """Error rate against the share of questions answered, with where the assistant stands."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "risk"}):
        figure, axes = _figure("share of questions answered", "share of those that is wrong")
        axes.plot([p.coverage for p in points], [p.risk for p in points], color="#1f77b4", lw=2)
        axes.plot([coverage], [risk], "o", color="#d95f02", ms=9, label="thresholds in use")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlim(0, 1.01)
        axes.set_ylim(0, None)
        axes.legend(loc="upper left")
        return _svg(figure, "Risk against coverage")


def reliability_plot(series: Mapping[str, Sequence[Bin]]) -> str:
    """Share right against confidence, a dot a bin with its number of answers; two series."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "reliability"}):
        figure, axes = _figure("confidence", "share of answers that is right")
        axes.plot([0, 1], [0, 1], "--", color=_INK, alpha=0.5, label="confidence is right")
        for (name, bins), look in zip(series.items(), _LOOKS, strict=True):
            _dots(axes, name, bins, look)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlim(0, 1.01)
        axes.set_ylim(-0.09, 1.09)
        axes.legend(loc="upper left")
        return _svg(figure, "Reliability of the confidence")


def _dots(axes: Axes, name: str, bins: Sequence[Bin], look: _Look) -> None:
    across, up = [one.confidence for one in bins], [one.right for one in bins]
    axes.plot(across, up, look.marker, ls="-", color=look.color, lw=1, label=name)
    for one in bins:
        axes.annotate(
            str(one.size),
            (one.confidence, one.right),
            (0, look.above),
            textcoords="offset points",
            ha="center",
            color=look.color,
            size="small",
        )


def latency_plot(milliseconds: Sequence[float]) -> str:
    """Share of answers that took at most so long, with the 50th, 95th and 99th percentile."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "latency"}):
        figure, axes = _figure("milliseconds", "share of answers within")
        axes.ecdf(milliseconds, color="#1f77b4", lw=2)
        for share, style in ((0.5, "-"), (0.95, "--"), (0.99, ":")):
            at = percentile(milliseconds, share)
            label = f"p{share * 100:.0f} {at:.0f} ms"
            axes.axvline(at, ls=style, color="#d95f02", label=label)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlim(0, None)
        axes.legend(loc="lower right")
        return _svg(figure, "Latency of whole answers")


def _figure(across: str, up: str) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return figure, axes


def _svg(figure: Figure, title: str) -> str:
    """The ``<svg>`` element alone, scalable, with a name for screen readers."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    element = buffer.getvalue()[buffer.getvalue().index("<svg") :].replace(_INK, "currentColor")
    sized = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", element, count=1)
    sized = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", sized, count=1)
    return sized.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
