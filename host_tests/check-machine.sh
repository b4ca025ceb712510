#!/bin/sh
# SPDX-License-Identifier: MIT
# check-machine.sh SUDO
# If root can't create the test network on this machine, ends with one line that says what to do. The test network
# needs network namespaces with bridges and TAP devices, and peers with their own directories. SUDO is "sudo" or
# empty.
set -eu

NET_ADMIN=12 # the bits of the capabilities, as in /proc/PID/status
NET_RAW=13
SYS_ADMIN=21

refuse() {
    echo "$1" >&2
    exit 1
}

lacks() {
    missing="${missing:+$missing, }$1"
}

# Is the capability with this bit there?
can() {
    [ $(((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> $1) & 1)) = 1 ]
}

check() {
    missing=
    can $NET_ADMIN || lacks CAP_NET_ADMIN
    can $NET_RAW || lacks CAP_NET_RAW
    can $SYS_ADMIN || lacks CAP_SYS_ADMIN
    if [ -z "$missing" ]; then
        unshare --net --mount mount -t tmpfs tmpfs /run 2>/dev/null || lacks "a mount in a namespace of its own"
    fi
    if ! { [ -c /dev/net/tun ] && (: <>/dev/net/tun) 2>/dev/null; }; then
        lacks "/dev/net/tun (on a host: modprobe tun)"
    fi
    if [ -d /proc/sys/net/ipv6 ]; then
        # Hosts of the test network have no IPv6.
        [ -w /proc/sys/net/ipv6/conf/all/disable_ipv6 ] || lacks "/proc/sys/net/ipv6 to be written to"
    else
        lacks "IPv6 (on a host: boot without ipv6.disable=1)"
    fi
    [ -z "$missing" ] || refuse "the test network needs $missing. In a container, use docker run --privileged"
}

if [ "$1" = checked ]; then
    check
elif [ -z "$1" ]; then
    [ "$(id -u)" = 0 ] || refuse "the test network needs root"
    check
else
    command -v "$1" >/dev/null || refuse "the test network needs root: become root, or install $1"
    exec "$1" "$0" checked
fi
