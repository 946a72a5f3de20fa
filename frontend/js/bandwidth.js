/** What a session sends: the sound, and what messages add to it. Pure; measured on messages as they are written. */

import { BITS_PER_S } from "./opus-encoder.js";
import { OPUS_RATE_HZ, PACKET_SAMPLES } from "./opus-packets.js";
import { BYTES_PER_SAMPLE } from "./pcm.js";
import { RATE_HZ, audio } from "./wire.js";

/** @import { Encoding, Quality } from "./wire.js" */

const MESSAGES_PER_S = 5;
const LENGTH_BYTES = 2; // before every packet
const SESSION_ID = "6f1c2e0a-53a1-5d0e-9f64-0c2f8f0f7d11";
const OFFSET = OPUS_RATE_HZ * 600; // ten minutes on, in as many digits as most have

/**
 * Give the bit rate of the sound itself; that of Opus is an average, and silence takes less.
 * @param {Quality} quality
 * @param {Encoding} encoding
 */
export function soundBitsPerS(quality, encoding) {
  return encoding === "opus" ? BITS_PER_S[quality] : RATE_HZ[quality] * BYTES_PER_SAMPLE * 8;
}

/**
 * Give the bits that go over the connection in a second: lengths, base64 and the messages' own fields included.
 * @param {Quality} quality
 * @param {Encoding} encoding
 */
export function sentBitsPerS(quality, encoding) {
  const lengths = encoding === "opus" ? (OPUS_RATE_HZ / PACKET_SAMPLES) * LENGTH_BYTES : 0;
  const bytes = (soundBitsPerS(quality, encoding) / 8 + lengths) / MESSAGES_PER_S;
  return audio(SESSION_ID, OFFSET, new Uint8Array(Math.round(bytes))).length * MESSAGES_PER_S * 8;
}
