# ESP32 modules: upstream's board ESP32_GENERIC, with autoip.
FLASH_OFFSET := 0x1000
include boards/common/upstream.mk
include boards/common/esp32.mk
