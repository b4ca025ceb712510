# SPDX-License-Identifier: MIT
"""Populations of up to 60,000 hosts on one virtual link: `make scale` measures them and writes docs/scale.md.

Each host runs the unchanged engine, and a model of lwIP answers ARP Requests. The link loses no frames, and a
frame arrives after 1 ms. All times are times of the wire's clock.
"""

import math
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import sim
from sim import FIRST, LAST

ADDRESSES = LAST - FIRST + 1  # 65,024
SIZES = (10, 100, 1000, 10000, 60000)
TEN_MINUTES = 600000  # ms
# ms after the last join: with 60,000 of 65,024 addresses in use, the last hosts try many, one per minute.
SETTLED = 4 * 3600000

# Vendor prefixes of Raspberry Pi, Espressif, STMicroelectronics and NXP.
VENDORS = ("28cdc1", "2ccf67", "d83add", "246f28", "30aea4", "a4cf12", "0080e1", "00049f")


def macs_of_vendors(count, vendors):
    """MACs of boards from several vendors, the vendors in turn. Each vendor's MACs are consecutive."""
    random = sim.Random(len(vendors))
    starts = [(bytes.fromhex(vendor), random(0, 0xFFFFFF - count)) for vendor in vendors]
    for i in range(count):
        vendor, start = starts[i % len(starts)]
        yield vendor + (start + i // len(starts)).to_bytes(3, "big")


def one_vendor(count):
    return list(macs_of_vendors(count, VENDORS[:1]))


def eight_vendors(count):
    return list(macs_of_vendors(count, VENDORS))


def random_macs(count):
    """Locally administered MACs, all different."""
    random = sim.Random(count)
    macs = set()
    while len(macs) < count:
        macs.add(b"\x02" + random.some_bytes(5))
    return sorted(macs)


class Population:
    """Hosts that join one link within `period` ms. firsts: the host parts that they try first, or None."""

    def __init__(self, macs, period=0, firsts=None):
        began = time.process_time()
        self.wire = sim.Wire(latency=1)
        self.period = period
        random = sim.Random(7)
        self.joined = [random(0, period) for _ in macs]
        self.hosts = [
            sim.Host(self.wire, mac, seed=i, first=firsts[i] if firsts else -1, plug=False, answers=True)
            for i, mac in enumerate(macs)
        ]
        for ms, host in zip(self.joined, self.hosts, strict=True):
            self.wire.at(ms, host.carrier, True)
        self.wire.run(period + SETTLED)
        self.cpu = time.process_time() - began

    def addresses(self):
        """The host parts that the hosts hold, or -1."""
        return [host.address for host in self.hosts]

    def conflicts(self):
        return sum(host.count("conflicts") for host in self.hosts)

    def losses(self):
        """The number of addresses that were lost after they were bound."""
        return sum(host.words().count("lost") for host in self.hosts)

    def frames_a_host(self):
        return len(self.wire.trace) / len(self.hosts)

    def unbound(self):
        return self.addresses().count(-1)

    def times(self):
        """The seconds from joining to the last "bound", sorted. inf for a host without an address."""
        return sorted(
            max((ms - joined) / 1000 for ms, word in host.events if word == "bound")
            if host.address >= 0
            else math.inf
            for joined, host in zip(self.joined, self.hosts, strict=True)
        )


def quantile(values, share):
    """The smallest of the sorted values that at least this share of the values does not exceed."""
    return values[max(math.ceil(share * len(values)), 1) - 1]


def expected_conflicts(count):
    """The average number of conflicts if each candidate were random, and the hosts joined one after another.

    If k of N addresses are in use, the next host has k / (N - k) conflicts on average.
    """
    return sum(taken / (ADDRESSES - taken) for taken in range(count))


def first_try(present, newcomers):
    """The share of the new hosts that get their first candidate on a link with `present` bound hosts."""
    macs = random_macs(present + newcomers)
    wire = sim.Wire(latency=1)
    for i, mac in enumerate(macs[::2][:present]):
        sim.Host(wire, mac, seed=i, answers=True)
    wire.run(SETTLED)
    lucky = 0
    for mac in macs[1::2][:newcomers]:
        host = sim.Host(wire, mac, answers=True)
        wire.sleep(10000)
        lucky += not host.count("conflicts")
        host.stop()
    return lucky / newcomers


# The page

JOINS = {"at once": 0, "over ten minutes": TEN_MINUTES}
MACS = {"one vendor": one_vendor, "eight vendors": eight_vendors, "random": random_macs}

PAGE = """\
# At scale

![Share of the hosts that have an address, over the time since they joined](scale.svg)

`make scale` simulates {sizes} hosts on one link with 65,024 addresses, and writes this page. The hosts run
the code of lib/autoip. The link loses no frames, and a frame arrives after 1 ms.

- No two hosts had the same address, and {losses} host lost an address that it had.
- A claim without a conflict takes 4 to 7 s (5.5 s on average), and sends five frames (RFC 3927 2.2.1).
- RFC 3927 1.3 says that with a probability of 98%, a new host on a link with 1,300 hosts gets the first
  address that it tries. In the simulation, {lucky:.1%} of {newcomers} new hosts got it.

The curves show 60,000 hosts, which use 92% of all addresses:

- If all hosts try different addresses first, there are no conflicts. This happens in two cases. In the first
  case, all boards are from one vendor and have consecutive MACs, for which lib/autoip/candidates.py chooses
  different addresses. In the second case, all hosts start again after a power cut, and each host tries its
  former address first (RFC 3927 2.1).
- If all hosts join at the same time with random MACs, most of them have an address after 15 s. If two hosts
  probe the same address at the same time, neither gets it, and both try another address.
- If the hosts join over ten minutes with random MACs, a host that joins late needs many attempts, because
  almost all addresses are in use.

With MACs of eight vendors, the results are similar to those with random MACs. After its tenth conflict, a
host waits one minute before each attempt, so the last hosts need an hour or more.

## All figures

| MACs | join | hosts | median, s | 99th percentile, s | last, s | unbound | frames per host | conflicts | conflicts per host | expected |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

| column | meaning |
|---|---|
| MACs: one vendor | The MACs of all hosts are consecutive. |
| MACs: eight vendors | The MACs of each vendor's hosts are consecutive. |
| join: at once | All hosts join at the same time. |
| join: over ten minutes | Each host joins at a random time within ten minutes. |
| join: power cut | All hosts had an address, and start again at the same time. |
| median, 99th percentile, last | The time from the moment when a host joins until the host has the address that it keeps (its last event "bound"). |
| unbound | The number of hosts without an address, {hours} hours after the last host has joined. Such a host still tries one address per minute. |
| expected | The conflicts per host that theory predicts if the hosts join one after another and choose each address at random. If k of N addresses are in use, the next host has k / (N - k) conflicts on average. |
"""  # noqa: E501

# The populations of 60,000 hosts that are drawn, and their labels. Each other population of 60,000 hosts has
# nearly the same curve as one of these.
CURVES = {
    "one vendor, at once": "no two hosts try the same address first",
    "random, at once": "random MACs, all hosts join at once",
    "random, over ten minutes": "random MACs, hosts join over ten minutes",
}
NEWCOMERS = 1000


def row(macs, join, population):
    times = population.times()
    count = len(times)
    return "| {} | {} | {:,} | {:.1f} | {:.1f} | {:,.1f} | {} | {:.1f} | {:,} | {:.2f} | {} |".format(
        macs,
        join,
        count,
        quantile(times, 0.5),
        quantile(times, 0.99),
        times[-1 - population.unbound()],
        population.unbound(),
        population.frames_a_host(),
        population.conflicts(),
        population.conflicts() / count,
        "-" if join == "power cut" else f"{expected_conflicts(count) / count:.2f}",
    )


def draw(curves, path):
    """Draw the curves, name -> sorted seconds. The time axis is logarithmic, because the first claims take
    seconds, and claims under the rate limit take minutes.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "autoip"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    axes.axvspan(4, 7, color="0.92", label="RFC 3927: a claim without a conflict")
    shares = [i / 400 for i in range(1, 401)]
    for name, label in CURVES.items():
        seconds = [quantile(curves[name], share) for share in shares]
        axes.plot(seconds, [100 * share for share in shares], label=label, linewidth=2)
    axes.set(xscale="log", xlabel="time since the host joined", ylabel="% of 60,000 hosts with an address")
    ticks = {4: "4 s", 7: "7 s", 15: "15 s", 60: "1 min", 300: "5 min", 1200: "20 min", 3600: "1 h"}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.grid(color="0.9")
    axes.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})


def check(population):
    addresses = [host for host in population.addresses() if host >= 0]
    assert min(addresses) >= FIRST and max(addresses) <= LAST and len(set(addresses)) == len(addresses)


def measure(macs):
    """Returns (rows, curves, addresses that were lost) of all populations with these MACs."""
    rows, curves, losses = [], {}, 0

    def add(join, population):
        nonlocal losses
        check(population)
        losses += population.losses()
        rows.append(row(macs, join, population))
        print(rows[-1], f"{population.cpu:.1f} s of CPU", flush=True)
        if len(population.hosts) == SIZES[-1]:
            curves[f"{macs}, {join}"] = population.times()

    for join, period in JOINS.items():
        for count in SIZES:
            population = Population(MACS[macs](count), period)
            add(join, population)
    add("power cut", Population(MACS[macs](count), firsts=population.addresses()))
    return rows, curves, losses


def main(page):
    page = Path(page)
    rows, curves, losses = [], {}, 0
    with ProcessPoolExecutor(len(MACS)) as pool:
        for part in pool.map(measure, MACS):
            rows += part[0]
            curves |= part[1]
            losses += part[2]
    text = PAGE.format(
        sizes=f"{SIZES[0]} to {SIZES[-1]:,}",
        rows="\n".join(rows),
        losses=losses or "no",
        hours=SETTLED // 3600000,
        lucky=first_try(1300, NEWCOMERS),
        newcomers=f"{NEWCOMERS:,}",
    )
    page.write_text(text)
    draw(curves, page.with_suffix(".svg"))


if __name__ == "__main__":
    main(sys.argv[1])
