# SPDX-License-Identifier: MIT
"""A story as a picture: a lane for each host, its frames, what it holds, and the RFC's intervals."""

from .story import ANNOUNCE_INTERVAL, PROBE_WAIT

_LANES = 40  # the first ones are drawn
_INCHES_WIDE = 10
_INCHES_LANE = 0.55
_DPI = 150  # of a PNG
_METADATA = {".svg": {"Date": None}, ".png": {}}  # kinds of pictures
_BOTTOM = 1.6  # inches for the axis and the legend

# What a frame looks like: its word in the legend, form and colour.
_MARKS = {
    "probe": ("probe", "o", "tab:blue"),
    "claim": ("claim", "^", "tab:green"),
    "move": ("move", ">", "tab:green"),
    "announcement": ("announcement", "|", "tab:green"),
    "denial": ("denial", "s", "tab:orange"),
    "conflict": ("conflict", "X", "tab:red"),
    "defence": ("defence", "D", "tab:purple"),
    "lost": ("lost", "v", "black"),
}
# The RFC's intervals: colour, and layer: of those that overlap, as a host is quicker than the RFC, the later
# step is seen.
_BANDS = {
    "PROBE_WAIT": ("0.85", 1),
    "PROBE_MIN - PROBE_MAX": ("#cfe2f3", 2),
    "ANNOUNCE_WAIT": ("#d9ead3", 3),
    "ANNOUNCE_INTERVAL": ("#b6d7a8", 4),
    "DEFEND_INTERVAL": ("#e6dff2", 0),
}
_HOLDING_LAYER = 5
_MARK_LAYER = 6


def draw(story, path, names=None):
    """Write the picture of a story to a path that ends in .svg or .png, or to a binary file as SVG.

    names: MAC -> what to call a host; others are called by their MAC. Hosts that only talk have no lane.
    Raises OSError, and ValueError for another name or if the story has nothing to draw.
    """
    kind = ".svg" if hasattr(path, "write") else str(path).lower()[-4:]
    if kind not in _METADATA:
        raise ValueError("the name of a picture ends in .svg or .png")
    deeds = story.deeds()
    hosts = list(dict.fromkeys(event.host for event in deeds))
    if not hosts:
        raise ValueError("no host probes or claims an address")
    lanes = {mac: -lane for lane, mac in enumerate(hosts[:_LANES])}
    figure, axes = _canvas(len(lanes))
    start = deeds[0].time
    end = deeds[-1].time - start
    _draw_intervals(axes, story, lanes, start)
    _draw_holdings(axes, story, lanes, start, end)
    _draw_marks(axes, deeds, lanes, start)
    axes.set_xlim(-1.05 * PROBE_WAIT, end + max(ANNOUNCE_INTERVAL, end / 20))
    names = names or {}
    axes.set_yticks(list(lanes.values()), [names.get(mac, mac) for mac in lanes])
    axes.set_xlabel("s" if len(lanes) == len(hosts) else f"s; the first {_LANES} of {len(hosts)} hosts")
    axes.figure.legend(loc="outside lower center", ncols=5, fontsize="small", frameon=False)
    _save(figure, path, kind)


def _canvas(lanes):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_INCHES_WIDE, _BOTTOM + _INCHES_LANE * lanes), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.set_ylim(-lanes + 0.45, 0.55)
    return figure, axes


def _save(figure, path, kind):
    """Text is left as text, and the same story gives the same file."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "autoip"}):
        figure.savefig(path, format=kind[1:], dpi=_DPI, metadata=_METADATA[kind])


def _draw_intervals(axes, story, lanes, start):
    drawn = {name: ([], []) for name in _BANDS}
    for interval in story.intervals():
        if interval.host in lanes:
            spans, heights = drawn[interval.name]
            spans.append((interval.start - start, interval.end - interval.start))
            heights.append(lanes[interval.host])
    for name, (spans, heights) in drawn.items():
        if spans:
            lefts, widths = zip(*spans, strict=True)
            colour, layer = _BANDS[name]
            axes.barh(heights, widths, left=lefts, height=0.7, color=colour, label=name, zorder=layer)


def _draw_holdings(axes, story, lanes, start, end):
    for mac, lane in lanes.items():
        for holding in story.hosts[mac].holdings if mac in story.hosts else ():
            begin = holding.start - start
            until = end if holding.end is None else holding.end - start
            axes.plot([begin, until], [lane, lane], color="0.3", linewidth=2, zorder=_HOLDING_LAYER)
            axes.annotate(
                holding.address,
                (begin, lane),
                xytext=(2, 6),
                textcoords="offset points",
                fontsize="small",
                zorder=_MARK_LAYER,
            )


def _draw_marks(axes, deeds, lanes, start):
    for kind, (label, marker, colour) in _MARKS.items():
        events = [event for event in deeds if event.kind == kind and event.host in lanes]
        if events:
            axes.scatter(
                [event.time - start for event in events],
                [lanes[event.host] for event in events],
                marker=marker,
                color=colour,
                label=label,
                zorder=_MARK_LAYER,
            )
