# SPDX-License-Identifier: MIT
"""The firmware of a Pico W and of a W5500-EVB-Pico in the emulator rp2040js, as boards on the wire."""
