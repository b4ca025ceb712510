"""The firmware of a Pico W in the emulator rp2040js, as a board on the wire."""
