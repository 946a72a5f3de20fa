/**
 * Opus packets as they travel: each after its length, all of 20 ms. Pure; it never decodes any sound.
 */

export const OPUS_RATE_HZ = 48_000; // of an Opus session's clock, whatever its bit rate
export const PACKET_SAMPLES = 960;
const LENGTH_BYTES = 2; // unsigned, little-endian
export const MOST_PACKET_BYTES = LENGTH_BYTES + 1 + 1275; // a packet of one frame, with its length

// By the first five bits: SILK at three bandwidths, hybrid at two, CELT at four. RFC 6716, table 2.
const SILK = [480, 960, 1920, 2880];
const HYBRID = [480, 960];
const CELT = [120, 240, 480, 960];
const FRAME_SAMPLES = [...SILK, ...SILK, ...SILK, ...HYBRID, ...HYBRID, ...CELT, ...CELT, ...CELT, ...CELT];

/**
 * Count the samples at 48 kHz that a packet lasts.
 * @param {Uint8Array} packet
 */
export function packetSamples(packet) {
  const code = packet[0] & 3;
  const frames = code === 3 ? packet[1] & 63 : Math.min(code, 1) + 1;
  return frames * FRAME_SAMPLES[packet[0] >> 3];
}

/**
 * Put a packet's length before it.
 * @param {Uint8Array} packet
 */
export function withLength(packet) {
  const bytes = new Uint8Array(LENGTH_BYTES + packet.length);
  bytes[0] = packet.length & 0xff;
  bytes[1] = packet.length >> 8;
  bytes.set(packet, LENGTH_BYTES);
  return bytes;
}

/**
 * Give the packets in a row, each with its length; they are views of the same bytes.
 * @param {Uint8Array} bytes
 */
export function packetsIn(bytes) {
  const packets = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + LENGTH_BYTES + bytes[at] + (bytes[at + 1] << 8);
    packets.push(bytes.subarray(at, end));
    at = end;
  }
  return packets;
}

/**
 * Copy packets into one row.
 * @param {Uint8Array[]} packets
 */
export function joined(packets) {
  const row = new Uint8Array(packets.reduce((sum, packet) => sum + packet.length, 0));
  let at = 0;
  for (const packet of packets) {
    row.set(packet, at);
    at += packet.length;
  }
  return row;
}
