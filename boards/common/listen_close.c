// SPDX-License-Identifier: MIT
#include "lwip/tcp.h"

// When a program closes a socket, modlwip.c of MicroPython 1.25 clears the callbacks of the socket. modlwip.c
// also does this for a listening socket, whose struct in lwIP is too short to have callbacks. So modlwip.c
// would write past the end of the struct. On the project's boards, an assertion of lwIP would fail first.
void __real_tcp_err(struct tcp_pcb *pcb, tcp_err_fn err);
void __wrap_tcp_err(struct tcp_pcb *pcb, tcp_err_fn err);
void __wrap_tcp_err(struct tcp_pcb *pcb, tcp_err_fn err) {
    if (pcb->state != LISTEN) {
        __real_tcp_err(pcb, err);
    }
}

void __real_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv);
void __wrap_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv);
void __wrap_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv) {
    if (pcb->state != LISTEN) {
        __real_tcp_recv(pcb, recv);
    }
}
