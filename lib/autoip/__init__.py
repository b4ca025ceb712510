# SPDX-License-Identifier: MIT
"""autoip: an IPv4 link-local address (169.254/16) without a DHCP server and without configuration.

    import autoip

    svc = autoip.start()
    print(svc.wait())

autoip has the behaviour and the options of the QNX AutoIP module, and implements RFC 3927 and RFC 5227.
"""

try:
    import _autoip
except ImportError:
    raise ImportError("flash firmware that includes _autoip")  # noqa: B904

from . import service as _service
from .candidates import host_part as _host_part

# Delete the names of the modules, so that tab completion of "autoip." offers only the public names.
del acd, candidates, service  # noqa: F821

__version__ = "0.2.0"


def start(nic=None, *, ip=None, remember=None, **options):
    """Claim a link-local address on an interface and keep it. Returns the running service.

    nic: a `network` object, the name of an lwIP interface such as "w0", or None for the default interface.
    ip: the address to try first, 169.254.1.0 - 169.254.254.255.
    delay: 1 - 8000 ms, the longest interval between probes. It scales all probe times. RFC 3927 uses 2000.
    abandon: move to another address on the first conflict, without a defence (RFC 3927 2.5 a).
    debug: keep a longer log (service.log()), with each ARP packet that autoip sends. autoip never prints the
        log, because output would break a raw REPL (mpremote). At a REPL prompt, on_event=print prints events.
    old: give up the link-local address while the interface has a routable address (RFC 3927 1.9).
    force: with `old`, keep the link-local address for open connections, replies, and sockets that are bound
        to it. All other traffic to 169.254/16 has the routable address as its source.
    on_event: called as on_event(event, service) from the scheduler. The events are "bound", "conflict",
        "defended", "suspended", "lost", "routable conflict" and "stopped". On stm32 and mimxrt, if another
        host uses the board's mDNS name, autoip renames the board. The event is then the new name, such as
        "lamp-2.local". `on_event` is also an attribute of the service, so that a program can set it later.
    remember: the path of a file for the last claimed address, which autoip tries first after a restart. Only
        the service's methods wait(), ready(), changed() and save() write the address to the file.

    ValueError for a bad value, an interface without ARP, or a `remember` file in another format. TypeError
    for a `nic` that is not an interface, or an `on_event` that is not a function. OSError(ENODEV) if there is
    no such interface or if it is not active, OSError(EALREADY) if it already has a service, OSError(ENOMEM)
    if the maximum number of services is running (AUTOIP_LINKS at build time, by default 2). The OSError from
    the file system if the `remember` file can't be written.
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
    except BaseException:  # also Ctrl-C
        link.close()
        raise


def stop(nic=None):
    """Stop the service of an interface, or all services. Does nothing if the interface has no service.

    nic: as for start(), except that None stops all services. OSError(ENODEV) if there is no such interface.
    """
    for service in list(_service.running) if nic is None else (get(nic),):
        if service:
            service.stop()


def get(nic=None):
    """The running service of an interface, or None. A service keeps running if its interface is removed.

    nic: as for start(). With None, returns the only service, or, if there are several, the service of the
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
    """Like start(), but takes the options as a string in the syntax of the QNX module, for example
    "if=w0,ip=169.254.20.20,debug,delay=200,abandon". ValueError names an option that is unknown, repeated or
    malformed. TypeError if `options` is not a string.
    """
    from .options import parse

    nic, options = parse(options)
    return start(nic, **options)
