# SPDX-License-Identifier: MIT
"""The times of many claims, in real time on a virtual wire.

`timing.py CLAIMS.json` measures the times, and report.py prints and draws them.

Many UNIX_TAP boards claim addresses in parallel with the RFC's timing. The kernel timestamps each frame when
the frame enters the bridge.
"""

import itertools
import json
import sys
import time
from pathlib import Path

BOARDS = 20
ROUNDS = 6
# s by which a gap may be too short, because the machine may pause between reading the clock and sending
EARLY = 0.01

# What is measured, its bounds in s (RFC 3927 2.2.1, 2.4, section 9), and its name.
FIGURES = (
    (0, 1, "start to the first probe (PROBE_WAIT)"),
    (1, 2, "first to second probe (PROBE_MIN - PROBE_MAX)"),
    (1, 2, "second to third probe (PROBE_MIN - PROBE_MAX)"),
    (2, 2, "third probe to the first announcement (ANNOUNCE_WAIT)"),
    (2, 2, "first to second announcement (ANNOUNCE_INTERVAL)"),
)
_TOTAL = (4, 7, "start to the first announcement (the board has its address)")


def measure(path):
    """Claim addresses, and write the five times of FIGURES for each claim, in s."""
    from wire.bench import Bench
    from wire.frames import is_arp
    from wire.waiting import QUIET

    claims = []
    bench = Bench("timing", "unix")
    try:
        boards = [bench.board(sanitize=False) for _ in range(BOARDS)]
        for _ in range(ROUNDS):
            started = {}
            for board in boards:
                started[board] = time.time()
                board.start()
            for board in boards:
                bench.capture.wait_for_several(is_arp("announcement", board.mac), 2, after=started[board])
            time.sleep(QUIET)
            for board in boards:
                probes = bench.capture.probes_of(board.mac, started[board])
                announcements = bench.capture.announcements_of(board.mac, started[board])
                assert (len(probes), len(announcements)) == (3, 2), board.log
                times = [started[board], *(frame.time for frame in probes + announcements)]
                claims.append([round(later - earlier, 4) for earlier, later in itertools.pairwise(times)])
                board.run("svc.stop()")
    finally:
        bench.close()
    for low, _, name, times in _figures(claims):
        assert times[0] >= low - EARLY, f"{name}: {times[0]} s"
    Path(path).write_text(json.dumps(claims))


def _figures(claims):
    """Yields (lower and upper bound, name, sorted times) for each figure and for the total of a claim."""
    columns = list(zip(*claims, strict=True))
    for (low, high, name), column in zip(FIGURES, columns, strict=True):
        yield low, high, name, sorted(column)
    yield *_TOTAL, sorted(sum(claim[:4]) for claim in claims)


def words(claims):
    """The text of the section in docs/conformance.md."""
    rows = []
    for low, high, name, times in _figures(claims):
        bounds = f"{low} - {high}" if low < high else f"{low}"
        shown = (times[0], times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])
        rows.append(f"| {name} | {bounds} | {' | '.join(f'{each:.3f}' for each in shown)} |")
    return f"""\
## The times of a claim

The table shows times in seconds. They were measured in {len(claims)} claims in real time. In each round, {BOARDS} UNIX_TAP
boards on a virtual network of TAP devices and a bridge claimed addresses at the same time. A timer may be late on a
busy machine, but it is never early. On the simulated network the times are exact to the millisecond.

| interval | RFC 3927 | shortest | median | 99th percentile | longest |
|---|---|---:|---:|---:|---:|
{chr(10).join(rows)}

![Distribution of the times of the claims](conformance.svg)

Each curve shows the share of claims whose interval was at most the time on the axis. The grey area is what RFC 3927
allows. The dashed line is a uniform distribution, which RFC 3927 requires for the first three intervals. The curves
leave out the two intervals of exactly 2 s.
"""  # noqa: E501


def draw(claims, path):
    """Draw the cumulative distribution of each interval for which the RFC allows a range. This range is
    grey.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "autoip"
    from matplotlib import pyplot

    varying = [figure for figure in _figures(claims) if figure[0] < figure[1]]
    figure, panels = pyplot.subplots(1, len(varying), figsize=(10, 3), layout="constrained", sharey=True)
    for axes, (low, high, name, times) in zip(panels, varying, strict=True):
        axes.axvspan(low, high, color="0.9")
        axes.plot(times, [100 * (i + 1) / len(times) for i in range(len(times))], drawstyle="steps-post")
        if name != _TOTAL[2]:
            axes.plot((low, high), (0, 100), color="0.5", linewidth=0.8, linestyle="--")
        axes.set_title(name.replace(" (", "\n("), fontsize="small")
        axes.set_xlim(low - 0.1, max(high, times[-1]) + 0.1)
        axes.set_xlabel("s")
        axes.grid(color="0.95")
    panels[0].set_ylabel("% of the claims")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    measure(sys.argv[1])
