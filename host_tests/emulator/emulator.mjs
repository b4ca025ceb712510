// SPDX-License-Identifier: MIT
// emulator.mjs NETWORK BOOTROM FIRMWARE MAC TAP CABLE CLOCK: a board on an RP2040, on a TAP device.
//
// NETWORK is the board's network hardware: "radio" (Pico W), "w5500" (W5500-EVB-Pico), or "w5500-strict", which is a
// W5500 whose filter drops multicast. The USB serial port is this process's standard input and output.
//
// TAP, CABLE and CLOCK are numbers of open files. TAP and CABLE do not block. TAP is the TAP device, one frame per
// read. Each byte from CABLE is the new state of the cable or access point: "1" is connected, "0" is disconnected.
// CLOCK is a file that always contains the board's time in ns as a 64-bit little-endian float.
//
// If the firmware resets the board, the board starts again. Its flash keeps its content, and its time continues. Unlike
// the USB port of a real board, standard input and output stay open.

import fs from 'node:fs';
import { ConsoleLogger, LogLevel, RP2040, USBCDC } from 'rp2040js';
import { Radio } from './radio.mjs';
import { W5500 } from './w5500.mjs';

const FLASH = 0x10000000;
const FLASH_SIZE = 0x1000000; // bytes, the size that the RP2040 can address
const SSI = 0x18000; // the peripherals, by the upper part of their address
const WATCHDOG = 0x40058;
const UF2_MAGIC = 0x0a324655;
const CYCLE = 1e9 / 125e6; // ns
const SLICE = 25; // ms that the board may run before the files are read again

function loadUf2(name) {
  const file = fs.readFileSync(name);
  const flash = new Uint8Array(FLASH_SIZE).fill(0xff);
  for (let block = 0; block < file.length; block += 512) {
    const address = file.readUInt32LE(block + 12);
    const family = file.readUInt32LE(block + 28);
    if (file.readUInt32LE(block) === UF2_MAGIC && family === 0xe48bff56 && address >= FLASH) {
      flash.set(file.subarray(block + 32, block + 32 + file.readUInt32LE(block + 16)), address - FLASH);
    }
  }
  return flash;
}

function loadBootrom(name) {
  const file = fs.readFileSync(name);
  const words = new Uint32Array(Math.ceil(file.length / 4));
  new Uint8Array(words.buffer).set(file);
  return words;
}

// Passes the data of each read to take(), until there is no more data. It does not use a stream, because node can't
// exit while one of its threads waits for a file.
function readAll(file, take) {
  const buffer = Buffer.alloc(2048);
  for (;;) {
    let length = 0;
    try {
      length = fs.readSync(file, buffer);
    } catch {
      // No frame, or the cable is pulled.
    }
    if (length === 0) {
      return;
    }
    take(Buffer.from(buffer.subarray(0, length)));
  }
}

// Ignores writes to the ROM. MicroPython 1.25 writes to address 0 while its WIZnet driver has no SPI.
function protectRom(rp2040) {
  const write = rp2040.writeUint32.bind(rp2040);
  const end = 4 * rp2040.bootrom.length;
  rp2040.writeUint32 = (address, value) => address >>> 0 < end || write(address, value);
}

// The flash chip's answer to "read unique number" (0x4b): 4 unused bytes, then 8 bytes. A board without its own MAC
// derives a MAC from them.
function setFlashId(ssi, mac) {
  const DATA = 0x60;
  const number = Buffer.concat([Buffer.alloc(4), mac, Buffer.alloc(2)]);
  const write = ssi.writeUint32.bind(ssi);
  let position = number.length;
  ssi.writeUint32 = (offset, value) => {
    write(offset, value);
    if (offset === DATA && position < number.length) {
      ssi.dr0 = number[position++];
    } else if (offset === DATA && value === 0x4b) {
      position = 0;
    }
  };
}

const NETWORKS = {
  radio: (...args) => new Radio(...args),
  w5500: (...args) => new W5500(...args, false),
  'w5500-strict': (...args) => new W5500(...args, true),
};

const [kind, bootrom, firmware, mac, ...files] = process.argv.slice(2);
const [tap, cable, time] = files.map(Number);
const rom = loadBootrom(bootrom);
const ownMac = Buffer.from(mac, 'hex');

function sendFrame(frame) {
  try {
    fs.writeSync(tap, frame);
  } catch {
    // The cable is pulled: a frame that is being sent is lost.
  }
}

// A board that starts. flash: the content of its flash. nanos: its time.
class Board {
  constructor(flash, nanos) {
    this.chip = new RP2040();
    this.clock = this.chip.clock;
    this.clock.tick(nanos);
    this.chip.logger = new ConsoleLogger(LogLevel.Error);
    this.chip.loadBootrom(rom);
    protectRom(this.chip);
    this.chip.flash.set(flash);
    setFlashId(this.chip.peripherals[SSI], ownMac);
    this.chip.onBreak = (code) => {
      const { PC, LR } = this.chip.core;
      console.error(`breakpoint ${code} at ${PC.toString(16)}, called from ${LR.toString(16)}`);
      process.exit(1);
    };
    this.isReset = false;
    this.chip.peripherals[WATCHDOG].onWatchdogTrigger = () => (this.isReset = true);
    this.network = NETWORKS[kind](this.chip, ownMac, sendFrame);
    this.serial = new USBCDC(this.chip.usbCtrl);
    this.isConnected = false;
    this.serial.onDeviceConnected = () => (this.isConnected = true);
    this.serial.onSerialData = (data) => fs.writeSync(1, data);
    this.chip.core.PC = FLASH;
  }

  // Passes the data to the USB port. Returns the data that the port can't accept yet.
  write(data) {
    const free = this.isConnected ? this.serial.txFIFO.size - this.serial.txFIFO.itemCount : 0;
    for (const byte of data.subarray(0, free)) {
      this.serial.sendSerialByte(byte);
    }
    return data.subarray(free);
  }

  // Runs until this time in ns, or until the firmware resets the board.
  runUntil(end) {
    const { clock, chip } = this;
    while (clock.nanos < end && !this.isReset) {
      if (chip.core.waiting) {
        const next = clock.nanosToNextAlarm || Infinity;
        clock.tick(Math.min(next, end - clock.nanos));
      } else {
        clock.tick(chip.core.executeInstruction() * CYCLE);
      }
    }
  }
}

console.warn = () => {}; // no warnings about registers that the emulator lacks, because the firmware works without
let board = new Board(loadUf2(firmware), 0);
let plugged = true;
let input = Buffer.alloc(0); // bytes to the USB port that it has not accepted yet
process.stdin.on('data', (data) => (input = Buffer.concat([input, data])));
process.stdin.on('end', () => process.exit(0));

function serve() {
  input = board.write(input);
  readAll(tap, (frame) => board.network.receive(frame));
  readAll(cable, (states) => {
    plugged = states.at(-1) === 0x31;
    board.network.setCable(plugged);
  });
  fs.writeSync(time, new Float64Array([board.clock.nanos]), 0, 8, 0);
}

function reset() {
  board = new Board(board.chip.flash, board.clock.nanos);
  board.network.setCable(plugged);
  input = Buffer.alloc(0);
}

// The board's clock runs like the host's, or slower if the host is too slow. If this process was paused, the board
// catches up by at most SLICE, because a longer burst would change the timing of its frames.
let last = performance.now();
function slice() {
  serve();
  const now = performance.now();
  board.runUntil(board.clock.nanos + Math.min(now - last, SLICE) * 1e6);
  last = now;
  if (board.isReset) {
    reset();
  }
  setTimeout(slice, 0);
}
slice();
