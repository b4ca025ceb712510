// SPDX-License-Identifier: MIT
#include "lwip/tcp.h"

// modlwip.c of MicroPython 1.25 clears the callbacks of a socket that is closed. It also does this for a listening
// socket, whose lwIP structure is too short to have callbacks. This is a write past its end, and an assert fails
// here.
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
