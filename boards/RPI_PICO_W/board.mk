# Raspberry Pi Pico W: upstream's board RPI_PICO_W, with autoip. An emulator runs its firmware.
include boards/common/upstream.mk
include host_tests/emulator/emulator.mk
include boards/common/rp2.mk
