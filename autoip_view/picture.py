# SPDX-License-Identifier: MIT
"""A story as a picture: a lane for each host, with its frames, its addresses and its phases."""

_LANES = 40  # at most this many hosts are drawn
_INCHES_WIDE = 10
_INCHES_LANE = 0.55
_DPI = 150  # of a PNG
_METADATA = {".svg": {"Date": None}, ".png": {}}  # for each supported file format
_BOTTOM = 1.6  # inches for the axis and the legend

# Event kind -> its word in the legend, its marker and its colour.
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
# Phase -> its words in the legend, and its colour.
_BARS = {
    "probing": ("probes the address", "#cfe2f3"),
    "announcing": ("announces the address", "#b6d7a8"),
    "defending": ("has defended the address", "#e6dff2"),
}
_BAR_LAYER = 1
_HOLDING_LAYER = 2
_MARK_LAYER = 3


def draw(story, path, names=None):
    """Write the picture of a story to a path that ends in .svg or .png, or as SVG to a binary file.

    names: MAC -> name of a host. Other hosts are shown with their MAC. A host has no lane if all its events
    are of the kinds in story.TALK and story.NEWS. Raises OSError. Raises ValueError if the path has another
    suffix, or if the story has nothing to draw.
    """
    kind = ".svg" if hasattr(path, "write") else str(path).lower()[-4:]
    if kind not in _METADATA:
        raise ValueError("the file name of a picture must end in .svg or .png")
    events = story.protocol_events()
    hosts = list(dict.fromkeys(event.host for event in events))
    if not hosts:
        raise ValueError("no host probes or claims an address")
    lanes = {mac: -lane for lane, mac in enumerate(hosts[:_LANES])}
    figure, axes = _canvas(len(lanes))
    start = events[0].time
    end = events[-1].time - start
    _draw_phases(axes, story, lanes, start)
    _draw_holdings(axes, story, lanes, start, end)
    _draw_marks(axes, events, lanes, start)
    _set_axis(axes, end)
    names = names or {}
    axes.set_yticks(list(lanes.values()), [names.get(mac, mac) for mac in lanes])
    seconds = "seconds since the first frame"
    axes.set_xlabel(
        seconds if len(lanes) == len(hosts) else f"{seconds}; the first {_LANES} of {len(hosts)} hosts"
    )
    axes.figure.legend(loc="outside lower center", ncols=4, frameon=False)
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
    """Save the figure. An SVG file stores text as text. The same story always produces the same file."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "autoip"}):
        figure.savefig(path, format=kind[1:], dpi=_DPI, metadata=_METADATA[kind])


def _set_axis(axes, end):
    """The axis starts at 0, and has space for the marks and for the last address."""
    axes.set_xlim(-end / 50 - 0.1, end + end / 10 + 0.1)
    axes.spines["bottom"].set_bounds(0, end)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= end])


def _draw_phases(axes, story, lanes, start):
    drawn = {name: ([], [], []) for name in _BARS}
    for phase in story.phases():
        if phase.host in lanes:
            lefts, widths, heights = drawn[phase.name]
            lefts.append(phase.start - start)
            widths.append(phase.end - phase.start)
            heights.append(lanes[phase.host])
    for name, (lefts, widths, heights) in drawn.items():
        if lefts:
            label, colour = _BARS[name]
            axes.barh(heights, widths, left=lefts, height=0.7, color=colour, label=label, zorder=_BAR_LAYER)


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


def _draw_marks(axes, events, lanes, start):
    for kind, (label, marker, colour) in _MARKS.items():
        marked = [event for event in events if event.kind == kind and event.host in lanes]
        if marked:
            axes.scatter(
                [event.time - start for event in marked],
                [lanes[event.host] for event in marked],
                marker=marker,
                color=colour,
                label=label,
                zorder=_MARK_LAYER,
            )
