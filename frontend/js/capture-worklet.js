/**
 * The audio thread's part of capture: batch what the microphone gives, at the session's rate. A shell around
 * pcm.js. The page gives every buffer back to be filled again, so that the audio thread makes no garbage of sound.
 */

import { BYTES_PER_SAMPLE, Resampler, loudness, writeS16le } from "./pcm.js";

const BATCH_S = 0.1;
const BLOCK_SAMPLES = 128; // what a browser passes at a time today; another size makes a larger buffer once

class CaptureProcessor extends AudioWorkletProcessor {
  #batchBytes;
  #resampler;
  /** @type {ArrayBuffer[]} given back by the page, to be filled again */
  #spare = [];
  /** @type {Uint8Array} */
  #batch;
  #filledBytes = 0;
  #resampled = new Float32Array(0);
  #loudest = 0;
  #message = { buffer: new ArrayBuffer(0), level: 0 };

  /** @param {AudioWorkletNodeOptions} options */
  constructor(options) {
    super();
    const rateHz = options.processorOptions.rateHz;
    this.#batchBytes = Math.round(rateHz * BATCH_S) * BYTES_PER_SAMPLE;
    this.#batch = new Uint8Array(this.#batchBytes);
    this.#resampler = rateHz === sampleRate ? null : new Resampler(sampleRate, rateHz);
    this.#makeRoom(BLOCK_SAMPLES);
    this.port.onmessage = ({ data }) => this.#spare.push(data);
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    const input = channels[0];
    if (input === undefined) return true; // nothing is connected at the moment
    this.#loudest = Math.max(this.#loudest, loudness(input));
    if (this.#resampler === null) {
      this.#add(input, input.length);
    } else {
      this.#makeRoom(input.length);
      this.#add(this.#resampled, this.#resampler.push(input, this.#resampled));
    }
    return true;
  }

  /** @param {number} inputSamples */
  #makeRoom(inputSamples) {
    const needed = this.#resampler?.mostFor(inputSamples) ?? 0;
    if (this.#resampled.length < needed) this.#resampled = new Float32Array(needed);
  }

  /** @param {Float32Array} samples @param {number} count */
  #add(samples, count) {
    let from = 0;
    while (from < count) {
      const room = (this.#batchBytes - this.#filledBytes) / BYTES_PER_SAMPLE;
      const taken = Math.min(room, count - from);
      writeS16le(samples, from, taken, this.#batch, this.#filledBytes);
      this.#filledBytes += taken * BYTES_PER_SAMPLE;
      from += taken;
      if (this.#filledBytes === this.#batchBytes) this.#post();
    }
  }

  #post() {
    const { buffer } = this.#batch;
    this.#message.buffer = /** @type {ArrayBuffer} */ (buffer);
    this.#message.level = this.#loudest;
    this.port.postMessage(this.#message, [this.#message.buffer]);
    this.#batch = new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(this.#batchBytes));
    this.#filledBytes = 0;
    this.#loudest = 0;
  }
}

registerProcessor("capture", CaptureProcessor);
