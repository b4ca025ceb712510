# socket.close() of a listening socket sets callbacks that only connections have: see listen_close.c.
SRC_C += boards/common/listen_close.c
LDFLAGS += -Wl,--wrap=tcp_err,--wrap=tcp_recv
