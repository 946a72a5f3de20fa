/**
 * Encode the microphone's samples as Opus packets of 20 ms, with the browser's WebCodecs. Touches the browser's
 * encoder, knows nothing of the page and the session.
 */

import { OPUS_RATE_HZ, PACKET_SAMPLES, packetSamples, withLength } from "./opus-packets.js";
import { BYTES_PER_SAMPLE } from "./pcm.js";

/** @typedef {import("./wire.js").Quality} Quality */

/** The bit rate of each quality. */
export const BITS_PER_S = Object.freeze({ low: 16_000, medium: 32_000, high: 96_000 });

const PACKET_BYTES = PACKET_SAMPLES * BYTES_PER_SAMPLE;
const TRIAL_PACKETS = 3;
const PACKET_US = (PACKET_SAMPLES / OPUS_RATE_HZ) * 1e6;

/** @param {Quality} quality @returns {AudioEncoderConfig} */
function configOf(quality) {
  return {
    codec: "opus",
    sampleRate: OPUS_RATE_HZ,
    numberOfChannels: 1,
    bitrate: BITS_PER_S[quality],
    opus: { frameDuration: PACKET_US, usedtx: false }, // silence is sent, too: the clock counts packets
  };
}

/** Tell whether this browser encodes Opus, as it says and as it does. */
export async function canEncodeOpus() {
  try {
    const answers = await Promise.all(
      Object.keys(BITS_PER_S).map((quality) =>
        globalThis.AudioEncoder.isConfigSupported(configOf(/** @type {Quality} */ (quality))),
      ),
    );
    return answers.every(({ supported }) => supported === true) && (await givesPackets());
  } catch {
    return false; // there is no AudioEncoder, or it does not know what is asked
  }
}

/** Try it: an encoder that does not heed the frames it is asked for would fail in a consultation. */
async function givesPackets() {
  let packets = 0;
  let hasFailed = false;
  const encoder = new OpusEncoder("medium", () => (packets += 1), () => (hasFailed = true));
  encoder.push(new Uint8Array(TRIAL_PACKETS * PACKET_BYTES));
  await encoder.flush();
  encoder.close();
  return !hasFailed && packets >= TRIAL_PACKETS;
}

/** One session's encoder: samples in, packets out a moment later. */
export class OpusEncoder {
  #encoder;
  #rest = new Uint8Array(PACKET_BYTES);
  #restBytes = 0;
  #encoded = 0; // packets

  /**
   * @param {Quality} quality
   * @param {(bytes: Uint8Array) => void} onPacket called with each packet after its length
   * @param {() => void} onFailed the encoder gives nothing any more
   */
  constructor(quality, onPacket, onFailed) {
    this.#encoder = new AudioEncoder({
      output: (chunk) => {
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        if (packetSamples(packet) === PACKET_SAMPLES) onPacket(withLength(packet));
        else onFailed(); // it did not heed the frames that were asked for
      },
      error: onFailed,
    });
    this.#encoder.configure(configOf(quality));
  }

  /**
   * Take signed 16-bit little-endian samples at 48 kHz.
   * @param {Uint8Array} bytes
   */
  push(bytes) {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + PACKET_BYTES - this.#restBytes);
      this.#rest.set(part, this.#restBytes);
      this.#restBytes += part.length;
      at += part.length;
      if (this.#restBytes === PACKET_BYTES) this.#encode();
    }
  }

  /**
   * Have everything out that was pushed, filled up with silence. An encoder holds back some milliseconds, which come
   * with one packet more. Resolves when the last packet was given, or none will be.
   */
  async flush() {
    if (this.#restBytes > 0) this.#fill();
    this.#fill();
    try {
      await this.#encoder.flush();
    } catch {
      // `onFailed` has been told, or it was closed
    }
  }

  close() {
    if (this.#encoder.state !== "closed") this.#encoder.close();
  }

  #fill() {
    this.#rest.fill(0, this.#restBytes);
    this.#encode();
  }

  #encode() {
    this.#restBytes = 0;
    if (this.#encoder.state !== "configured") return;
    const data = new AudioData({
      format: "s16",
      sampleRate: OPUS_RATE_HZ,
      numberOfFrames: PACKET_SAMPLES,
      numberOfChannels: 1,
      timestamp: this.#encoded * PACKET_US,
      data: this.#rest.slice(),
    });
    this.#encoded += 1;
    this.#encoder.encode(data);
    data.close();
  }
}
