// SPDX-License-Identifier: MIT
// The radio, which replaces the CYW43 chip. Its registers are at 0x60000000, an address that an RP2040 does not use.
// radio.c describes the registers.

const BASE = 0x60000;
const HOST_WAKE = 24; // the GPIO that is high while the queue has entries
const STATION = 0;
const JOINED = 2;
const LEFT = 3;
const WAITING = 64; // length of the queue; more frames are dropped

export class Radio {
  constructor(board, mac, send) {
    this.pin = board.gpio[HOST_WAKE];
    this.mac = mac;
    this.send = send;
    this.waiting = []; // [kind, frame]
    this.current = Buffer.alloc(0);
    this.sending = [];
    this.accessPoint = true;
    this.wanted = false;
    this.joined = false;
    board.peripherals[BASE] = this;
  }

  // From the air

  receive(frame) {
    if (this.joined && this.waiting.length < WAITING) {
      this.add(STATION, frame);
    }
  }

  setCable(present) {
    this.accessPoint = present;
    this.join(this.wanted);
  }

  // From the board

  readUint32(offset) {
    switch (offset) {
      case 0x00:
        return this.mac.readUInt32LE(0);
      case 0x04:
        return this.mac.readUInt16LE(4);
      case 0x08:
        return this.waiting.length;
      case 0x0c:
        return this.next();
      case 0x10:
        return this.word();
    }
    return 0xffffffff;
  }

  writeUint32Atomic(offset, value) {
    switch (offset) {
      case 0x14:
        this.sending.push(value);
        break;
      case 0x18:
        this.finish(value & 0xffff, value >>> 16);
        break;
      case 0x1c:
        this.join(value === 1);
        break;
    }
  }

  next() {
    const [kind, frame] = this.waiting.shift() ?? [STATION, Buffer.alloc(0)];
    this.wake();
    this.current = Buffer.concat([frame, Buffer.alloc(-frame.length & 3)]);
    return (kind << 16) | frame.length;
  }

  word() {
    const word = this.current.readUInt32LE(0);
    this.current = this.current.subarray(4);
    return word;
  }

  finish(length, itf) {
    const frame = Buffer.from(new Uint32Array(this.sending).buffer).subarray(0, length);
    this.sending = [];
    if (this.joined && itf === STATION) {
      this.send(frame);
    }
  }

  join(wanted) {
    this.wanted = wanted;
    const joined = wanted && this.accessPoint;
    if (joined !== this.joined) {
      this.joined = joined;
      this.add(joined ? JOINED : LEFT, Buffer.alloc(0));
    }
  }

  add(kind, frame) {
    this.waiting.push([kind, frame]);
    this.wake();
  }

  wake() {
    this.pin.setInputValue(this.waiting.length > 0);
  }
}
