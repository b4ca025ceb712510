# Raspberry Pi Pico W: upstream's board RPI_PICO_W, with autoip.
include boards/common/rp2.mk
