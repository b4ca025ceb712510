#!/bin/sh
# SPDX-License-Identifier: MIT
# check-machine.sh SUDO
# Checks that root can create the test network on this machine. If not, the script fails and prints in one line what
# to do. The test network needs network namespaces with bridges and TAP devices, and peers, each in a mount namespace
# with its own /run. SUDO is "sudo" or empty.
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

# Succeeds if root has the capability with this bit.
can() {
    [ $(((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> $1) & 1)) = 1 ]
}

check() {
    missing=
    can $NET_ADMIN || lacks CAP_NET_ADMIN
    can $NET_RAW || lacks CAP_NET_RAW
    can $SYS_ADMIN || lacks CAP_SYS_ADMIN
    if [ -z "$missing" ]; then
        unshare --net --mount mount -t tmpfs tmpfs /run 2>/dev/null || lacks "permission to mount in a new namespace"
    fi
    if ! { [ -c /dev/net/tun ] && (: <>/dev/net/tun) 2>/dev/null; }; then
        lacks "/dev/net/tun (on a host: modprobe tun)"
    fi
    if [ -d /proc/sys/net/ipv6 ]; then
        # The test network disables IPv6 on its hosts.
        [ -w /proc/sys/net/ipv6/conf/all/disable_ipv6 ] || lacks "write access to /proc/sys/net/ipv6"
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
