// emulator.mjs BOOTROM FIRMWARE MAC TAP ACCESS_POINT: a Pico W whose radio is on a TAP device.
//
// Its USB serial port is this process's standard input and output. TAP and ACCESS_POINT are numbers of
// open files that do not block: the TAP device, a frame a read; and bytes that tell of the access point,
// "1" it is there, "0" it is gone.

import fs from 'node:fs';
import { ConsoleLogger, LogLevel, Simulator, USBCDC } from 'rp2040js';
import { Radio } from './radio.mjs';

const FLASH = 0x10000000;
const UF2_MAGIC = 0x0a324655;
const CYCLE = 1e9 / 125e6; // ns
const SLICE = 5; // ms of the host's time between two looks at its files

function loadUf2(name, flash) {
  const file = fs.readFileSync(name);
  for (let block = 0; block < file.length; block += 512) {
    const address = file.readUInt32LE(block + 12);
    const family = file.readUInt32LE(block + 28);
    if (file.readUInt32LE(block) === UF2_MAGIC && family === 0xe48bff56 && address >= FLASH) {
      flash.set(file.subarray(block + 32, block + 32 + file.readUInt32LE(block + 16)), address - FLASH);
    }
  }
}

function loadBootrom(name) {
  const file = fs.readFileSync(name);
  const words = new Uint32Array(Math.ceil(file.length / 4));
  new Uint8Array(words.buffer).set(file);
  return words;
}

// A stream would do, but node can't end while a thread of it waits for a file. The file does not block.
function readAll(file, take) {
  const buffer = Buffer.alloc(2048);
  for (;;) {
    let length = 0;
    try {
      length = fs.readSync(file, buffer);
    } catch {
      // Nothing there, or the cable is pulled.
    }
    if (length === 0) {
      return;
    }
    take(Buffer.from(buffer.subarray(0, length)));
  }
}

// Bytes to the board wait here until its USB port has room for them.
function connectSerial(cdc) {
  let waiting = Buffer.alloc(0);
  let connected = false;
  cdc.onDeviceConnected = () => (connected = true);
  cdc.onSerialData = (data) => fs.writeSync(1, data);
  process.stdin.on('data', (data) => (waiting = Buffer.concat([waiting, data])));
  process.stdin.on('end', () => process.exit(0));
  return () => {
    const room = connected ? cdc.txFIFO.size - cdc.txFIFO.itemCount : 0;
    for (const byte of waiting.subarray(0, room)) {
      cdc.sendSerialByte(byte);
    }
    waiting = waiting.subarray(room);
  };
}

// The board's time passes as the host's does, or slower where the host can't keep up: what was lost is
// not made up for, as that would be seen on the wire.
function run(simulator, serve) {
  const { rp2040, clock } = simulator;
  let last = performance.now();
  const slice = () => {
    serve();
    const now = performance.now();
    const end = clock.nanos + Math.min(now - last, SLICE) * 1e6;
    last = now;
    while (clock.nanos < end) {
      if (rp2040.core.waiting) {
        const next = clock.nanosToNextAlarm || Infinity;
        clock.tick(Math.min(next, end - clock.nanos));
      } else {
        clock.tick(rp2040.core.executeInstruction() * CYCLE);
      }
    }
    setTimeout(slice, 0);
  };
  slice();
}

const [bootrom, firmware, mac, ...files] = process.argv.slice(2);
const [tap, accessPoint] = files.map(Number);
const simulator = new Simulator();
const board = simulator.rp2040;
board.logger = new ConsoleLogger(LogLevel.Error);
console.warn = () => {}; // registers that the emulator lacks and this firmware can do without
board.loadBootrom(loadBootrom(bootrom));
loadUf2(firmware, board.flash);
board.onBreak = (code) => {
  console.error(`breakpoint ${code} at ${board.core.PC.toString(16)}, called from ${board.core.LR.toString(16)}`);
  process.exit(1);
};
const radio = new Radio(board, Buffer.from(mac, 'hex'), (frame) => {
  try {
    fs.writeSync(tap, frame);
  } catch {
    // The cable is pulled: a frame in the air is lost.
  }
});
const serveSerial = connectSerial(new USBCDC(board.usbCtrl));
board.core.PC = FLASH;
run(simulator, () => {
  serveSerial();
  readAll(tap, (frame) => radio.receive(frame));
  readAll(accessPoint, (told) => radio.setAccessPoint(told.at(-1) === 0x31));
});
