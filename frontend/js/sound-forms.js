/** What a session's bytes are: samples as they were heard, or packets. All that differs between the two. Pure. */

import { MOST_PACKET_BYTES, PACKET_SAMPLES, packetsIn } from "./opus-packets.js";
import { PacketRing } from "./packet-ring.js";
import { BYTES_PER_SAMPLE } from "./pcm.js";
import { Ring } from "./ring.js";

/**
 * @typedef {object} Form
 * @property {number} unitSamples what cannot be cut
 * @property {number} bytesPerSample on the average, at the most
 * @property {(capacityBytes?: number) => Ring | PacketRing} newRing
 * @property {(byteCount: number) => number} samplesWithin how many samples fit into so many bytes, whatever they are
 * @property {(bytes: Uint8Array, samples: number) => Uint8Array} head the beginning that lasts so long at the most
 */

/** @type {Form} */
export const PCM = {
  unitSamples: 1,
  bytesPerSample: BYTES_PER_SAMPLE,
  newRing: (capacityBytes) => new Ring(BYTES_PER_SAMPLE, capacityBytes),
  samplesWithin: (byteCount) => Math.floor(byteCount / BYTES_PER_SAMPLE),
  head: (bytes, samples) => bytes.subarray(0, samples * BYTES_PER_SAMPLE),
};

/** @type {Form} */
export const OPUS = {
  unitSamples: PACKET_SAMPLES,
  bytesPerSample: 0.25, // 96 kbit/s
  newRing: (capacityBytes) => new PacketRing(capacityBytes),
  samplesWithin: (byteCount) => Math.floor(byteCount / MOST_PACKET_BYTES) * PACKET_SAMPLES,
  head(bytes, samples) {
    const packets = packetsIn(bytes).slice(0, Math.floor(samples / PACKET_SAMPLES));
    return bytes.subarray(0, packets.reduce((sum, packet) => sum + packet.length, 0));
  },
};

/** @param {"pcm" | "opus" | undefined} encoding @returns {Form} */
export const formOf = (encoding) => (encoding === "opus" ? OPUS : PCM);
