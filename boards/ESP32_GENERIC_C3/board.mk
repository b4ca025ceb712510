# ESP32-C3 modules: upstream's board ESP32_GENERIC_C3, with autoip.
FLASH_OFFSET := 0x0
include boards/common/upstream.mk
include boards/common/esp32.mk
