# SPDX-License-Identifier: MIT
"""autoip: an IPv4 link-local address (169.254/16) with no DHCP server and no configuration.

    import autoip

    svc = autoip.start()
    print(svc.wait())

Behaviour and options are those of the QNX AutoIP module, the protocol is RFC 3927 and RFC 5227.
"""

try:
    import _autoip
except ImportError:
    raise ImportError("flash a firmware with _autoip")  # noqa: B904

from . import service as _service
from .candidates import host_part as _host_part

# What a prompt completes after "autoip." is what is for users.
del acd, candidates, service  # noqa: F821

__version__ = "0.2.0"


def start(nic=None, *, ip=None, remember=None, **options):
    """Claim a link-local address on an interface and keep it; returns the running service.

    nic: a `network` object, the name of an lwIP interface such as "w0", or None for the default one.
    ip: address to try first, 169.254.1.0 - 169.254.254.255.
    delay: 1 - 8000 ms, paces the probes; 2000 gives the RFC's timing.
    abandon: take another address on the first conflict, instead of defending (RFC 3927 2.5 a).
    debug: a longer log, with every ARP packet sent: see service.log(). Nothing is printed by itself,
        which would break a raw REPL (mpremote); on_event=print does that at a prompt.
    old: give the link-local address up while the interface has a routable one (RFC 3927 1.9).
    force: with `old`, keep it, but send new traffic to 169.254/16 from the routable address.
    on_event: called as on_event(event, service) from the scheduler; the events are "bound",
        "conflict", "defended", "suspended", "lost", "routable conflict" and "stopped". It is an attribute
        of the service as well, so that a program can set it later.
    remember: path of a file for the last good address, tried first after a restart. wait(), ready(),
        changed() and save() of the service write the file; a callback never does.

    ValueError for a bad value, an interface without ARP, or a file that is not autoip's; TypeError for a
    `nic` that is not an interface, or an `on_event` that is not a function. OSError(ENODEV) if there is no
    such interface or it is not active, OSError(EALREADY) if it has a service, OSError(ENOMEM) for more
    services than the firmware has slots for (AUTOIP_LINKS, by default 2), and what the file system raises if
    `remember` can't be written.
    """
    first = -1 if ip is None else _host_part(ip)
    if remember is not None and not (isinstance(remember, str) and remember):
        raise ValueError("remember: a path")
    link = _autoip.Link(nic)
    try:
        store = None
        if remember is not None:
            from .store import Store

            store = Store(remember, link.mac())
        return _service.Service(link, nic, first, store, **options)
    except BaseException:  # Ctrl-C as well
        link.close()
        raise


def stop(nic=None):
    """Stop the service of an interface, or all; one without a service is left alone.

    nic: as for start(), but None for all. OSError(ENODEV) if there is no such interface.
    """
    for service in list(_service.running) if nic is None else (get(nic),):
        if service:
            service.stop()


def get(nic=None):
    """The running service of an interface, or None. An interface that is gone keeps its service.

    nic: as for start(); None for the only service that there is, or, among several, for that of the
    default interface. OSError(ENODEV) if there is no such interface.
    """
    running = _service.running
    if nic is None and len(running) < 2:
        return running[0] if running else None
    for service in running:
        if nic and nic in (service.nic, service.name):
            return service
    name = _autoip.name(nic)
    for service in running:
        if service.name == name:
            return service
    return None


def mount(options=""):
    """start() by an option string of the QNX module: "if=w0,ip=169.254.20.20,debug,delay=200,abandon".

    ValueError names an option that is unknown, given twice or malformed; TypeError if it is not a string.
    """
    from .options import parse

    nic, options = parse(options)
    return start(nic, **options)
