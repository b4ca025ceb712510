// SPDX-License-Identifier: MIT
// The W5500 on SPI0 of a W5500-EVB-Pico. It has socket 0 in MACRAW mode, the link state of the PHY, and the interrupt
// pin. In version 1.1.0 of the datasheet, section 2 describes the SPI frames, and section 4 the registers.

const CS = 17;
const RESET = 20;
const INTERRUPT = 21;

const BYTE_TIME = 400; // ns on SPI at 20 MHz
const WIRE_BYTE_TIME = 80; // ns at 100 Mbit/s
const PREAMBLE_CRC_GAP = 24; // the time in bytes that each frame needs on the wire in addition to its own bytes
const MINIMUM = 60; // bytes of the shortest frame, without the CRC

// Blocks, by the upper 5 bits of the control byte.
const COMMON = 0;
const SOCKET = 1;
const SEND_BUFFER = 2;
const RECEIVE_BUFFER = 3;

// Registers of the common block.
const OWN_MAC = 0x09;
const INTERRUPT_MASK = 0x18; // SIMR
const PHY = 0x2e;
const VERSION = 0x39;

// Registers of the socket.
const MODE = 0x00;
const COMMAND = 0x01;
const EVENTS = 0x02;
const STATUS = 0x03;
const SEND_SIZE = 0x1f; // KiB; the size of the receive buffer is at 0x1e
const SEND_FREE = 0x20;
const SEND_READ = 0x22;
const SEND_WRITE = 0x24;
const RECEIVED = 0x26;
const RECEIVE_READ = 0x28;
const RECEIVE_WRITE = 0x2a;
const EVENT_MASK = 0x2c;

const MACRAW = 4;
const FILTER = 0x80; // MFEN
const BLOCK_MULTICAST = 0x20; // MMB
const BLOCK_IPV6 = 0x10; // MIP6B
const OPEN_MACRAW = 0x42; // status

const SENT = 0x10; // SENDOK
const ARRIVED = 0x04; // RECV

export class W5500 {
  // `strict`: the filter accepts only broadcasts and frames for its own MAC, as the datasheet says. Otherwise the
  // filter also accepts multicast unless MMB is set, as drivers for the chip expect.
  constructor(board, mac, send, strict) {
    this.clock = board.clock;
    this.send = send;
    this.strict = strict;
    this.link = true;
    this.interrupt = board.gpio[INTERRUPT];
    this.sent = this.clock.createAlarm(() => this.finishSending());
    this.connect(board.spi[0], board.gpio);
    this.reset();
  }

  connect(spi, gpio) {
    let reply = 0;
    const byte = this.clock.createAlarm(() => spi.completeTransmit(reply));
    spi.onTransmit = (value) => {
      reply = this.exchange(value);
      byte.schedule(BYTE_TIME);
    };
    gpio[CS].addListener(() => (this.position = 0));
    gpio[RESET].addListener((state) => state === 0 && this.reset());
  }

  reset() {
    this.position = 0;
    this.blocks = [0x40, 0x30, 0x4000, 0x4000].map((size) => Buffer.alloc(size));
    this.common = this.blocks[COMMON];
    this.socket = this.blocks[SOCKET];
    this.common[VERSION] = 4;
    this.socket.fill(2, SEND_SIZE - 1, SEND_SIZE + 1);
    this.socket[EVENT_MASK] = 0xff;
    this.sending = 0;
    this.taken = 0;
    this.setCable(this.link);
    this.update();
  }

  // The cable

  setCable(plugged) {
    this.link = plugged;
    this.common[PHY] = 0xb8 | (plugged ? 0x07 : 0); // 100 Mbit/s, full duplex, link
    if (plugged && this.sending) {
      this.sent.schedule(0);
    }
  }

  receive(frame) {
    const length = Buffer.alloc(2);
    const padded = Buffer.concat([length, frame, Buffer.alloc(Math.max(0, MINIMUM - frame.length))]);
    padded.writeUInt16BE(padded.length);
    const free = this.size(RECEIVE_BUFFER) - this.socket.readUInt16BE(RECEIVED);
    if (this.link && padded.length <= free && this.accepts(frame)) {
      const at = this.socket.readUInt16BE(RECEIVE_WRITE);
      padded.forEach((byte, i) => this.write(RECEIVE_BUFFER, at + i, byte));
      this.socket.writeUInt16BE((at + padded.length) & 0xffff, RECEIVE_WRITE);
      this.socket[EVENTS] |= ARRIVED;
      this.update();
    }
  }

  accepts(frame) {
    const mode = this.socket[MODE];
    const group = (frame[0] & 1) === 1;
    const broadcast = frame.subarray(0, 6).every((byte) => byte === 0xff);
    const multicast = group && !broadcast;
    if (this.socket[STATUS] !== OPEN_MACRAW || (mode & BLOCK_IPV6 && frame.readUInt16BE(12) === 0x86dd)) {
      return false;
    }
    if (multicast) {
      return !(mode & BLOCK_MULTICAST) && !(this.strict && mode & FILTER);
    }
    return broadcast || !(mode & FILTER) || frame.subarray(0, 6).equals(this.common.subarray(OWN_MAC, OWN_MAC + 6));
  }

  // SPI: address, control byte, data

  exchange(value) {
    const position = this.position++;
    if (position < 2) {
      this.address = position ? (this.address << 8) | value : value;
    } else if (position === 2) {
      this.block = value >> 3;
      this.writing = (value & 4) !== 0;
    } else if (this.writing) {
      this.write(this.block, this.address++, value);
    } else {
      return this.read(this.block, this.address++);
    }
    return 0;
  }

  size(block) {
    return block < SEND_BUFFER ? this.blocks[block].length : this.socket[SEND_SIZE + SEND_BUFFER - block] * 1024;
  }

  // The registers of sockets 1 to 7 are 0, because these sockets are closed.
  read(block, address) {
    return block < this.blocks.length ? this.blocks[block][address % this.size(block)] : 0;
  }

  write(block, address, value) {
    if (block === SOCKET && address === EVENTS) {
      this.socket[EVENTS] &= ~value;
    } else if (block === SOCKET && address === COMMAND) {
      this.execute(value);
    } else if (block === COMMON && address === 0 && value & 0x80) {
      this.reset();
    } else if (block < this.blocks.length && !(block === COMMON && address === PHY)) {
      this.blocks[block][address % this.size(block)] = value;
    }
    if (block < SEND_BUFFER) {
      this.update();
    }
  }

  // The commands, by their numbers

  execute(command) {
    switch (command) {
      case 0x01: // OPEN
        this.socket.fill(0, SEND_READ, EVENT_MASK);
        this.sending = 0;
        this.taken = 0;
        this.socket[STATUS] = (this.socket[MODE] & 0x0f) === MACRAW ? OPEN_MACRAW : 0;
        break;
      case 0x10: // CLOSE
        this.socket[STATUS] = 0;
        this.sending = 0;
        break;
      case 0x20: // SEND
        this.startSending();
        break;
      case 0x40: // RECV
        this.taken = this.socket.readUInt16BE(RECEIVE_READ);
        break;
    }
  }

  // Without a link, the chip does not send and does not set SENDOK. A driver that waits for SENDOK waits
  // until there is a link again.
  startSending() {
    const from = this.socket.readUInt16BE(SEND_READ);
    this.sending = (this.socket.readUInt16BE(SEND_WRITE) - from) & 0xffff;
    if (this.link) {
      this.sent.schedule((Math.max(this.sending, MINIMUM) + PREAMBLE_CRC_GAP) * WIRE_BYTE_TIME);
    }
  }

  finishSending() {
    if (!this.sending || !this.link) {
      return;
    }
    const from = this.socket.readUInt16BE(SEND_READ);
    const frame = Buffer.alloc(this.sending);
    for (let i = 0; i < frame.length; ++i) {
      frame[i] = this.read(SEND_BUFFER, from + i);
    }
    this.socket.writeUInt16BE((from + this.sending) & 0xffff, SEND_READ);
    this.sending = 0;
    this.socket[EVENTS] |= SENT;
    this.send(frame);
    this.update();
  }

  // Updates the values that the chip derives from its registers
  update() {
    const waiting = (this.socket.readUInt16BE(SEND_WRITE) - this.socket.readUInt16BE(SEND_READ)) & 0xffff;
    this.socket.writeUInt16BE(Math.max(0, this.size(SEND_BUFFER) - waiting), SEND_FREE);
    this.socket.writeUInt16BE((this.socket.readUInt16BE(RECEIVE_WRITE) - this.taken) & 0xffff, RECEIVED);
    const wanted = this.common[INTERRUPT_MASK] & 1 && this.socket[EVENTS] & this.socket[EVENT_MASK];
    this.interrupt.setInputValue(!wanted);
  }
}
