# Raspberry Pi Pico 2 W: upstream's board RPI_PICO2_W, with autoip.
include boards/common/upstream.mk
include boards/common/rp2.mk
