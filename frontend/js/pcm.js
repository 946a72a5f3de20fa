/**
 * Turn the browser's floats into the session's samples: another rate, then signed 16-bit little-endian.
 * Pure, and made for the audio thread: after construction nothing here allocates.
 */

export const BYTES_PER_SAMPLE = 2; // signed 16-bit little-endian, mono

const HALF_WIDTH = 24; // zero crossings of the sinc on each side: steep enough for 80 dB
const PASSBAND = 0.92; // of the lower Nyquist frequency; the rest is the filter's slope
const KAISER_BETA = 8; // about 80 dB of stop band

/** @param {number} a @param {number} b @returns {number} */
const commonDivisor = (a, b) => (b === 0 ? a : commonDivisor(b, a % b));

/** The modified Bessel function I0, which shapes the Kaiser window. @param {number} x */
function besselI0(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * Change the sample rate with a polyphase windowed-sinc filter.
 *
 * The position is kept as a whole number of 1/`up` input samples, so it never drifts: after n input samples
 * exactly ceil(n * to / from) have come out, however the input was cut.
 */
export class Resampler {
  #up;
  #down;
  #taps;
  #phases;
  #history;
  #historyAt = 0;
  #phase = 0;

  /**
   * @param {number} fromHz
   * @param {number} toHz
   */
  constructor(fromHz, toHz) {
    const divisor = commonDivisor(fromHz, toHz);
    this.#up = toHz / divisor;
    this.#down = fromHz / divisor;
    const cutoff = PASSBAND * Math.min(1, toHz / fromHz); // relative to the input's Nyquist frequency
    this.#taps = 2 * Math.ceil(HALF_WIDTH / cutoff);
    this.#phases = designPhases(this.#up, this.#taps, cutoff);
    this.#history = new Float64Array(2 * this.#taps); // written twice, so that any window of it is contiguous
  }

  /**
   * Tell how many samples may come out for that many put in.
   * @param {number} samples
   */
  mostFor(samples) {
    return Math.ceil((samples * this.#up) / this.#down) + 1;
  }

  /**
   * Take samples and write what comes of them to `output`, which must have room.
   * @param {Float32Array} input
   * @param {Float32Array} output
   * @returns {number} how many were written
   */
  push(input, output) {
    const taps = this.#taps;
    let written = 0;
    for (let i = 0; i < input.length; i += 1) {
      this.#history[this.#historyAt] = input[i];
      this.#history[this.#historyAt + taps] = input[i];
      this.#historyAt = (this.#historyAt + 1) % taps;
      while (this.#phase < this.#up) {
        output[written] = this.#dot(this.#phase * taps, this.#historyAt);
        written += 1;
        this.#phase += this.#down;
      }
      this.#phase -= this.#up;
    }
    return written;
  }

  /** @param {number} coefficientsAt @param {number} oldestAt */
  #dot(coefficientsAt, oldestAt) {
    let sum = 0;
    for (let k = 0; k < this.#taps; k += 1) {
      sum += this.#phases[coefficientsAt + k] * this.#history[oldestAt + k];
    }
    return sum;
  }
}

/**
 * Give one filter per fraction of an input sample, one after the other, each for the oldest sample first.
 * @param {number} up
 * @param {number} taps
 * @param {number} cutoff
 */
function designPhases(up, taps, cutoff) {
  const phases = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase += 1) {
    let sum = 0;
    for (let k = 0; k < taps; k += 1) {
      const distance = k - taps / 2 - phase / up + 1;
      const angle = Math.PI * distance * cutoff;
      const window = besselI0(KAISER_BETA * Math.sqrt(Math.max(0, 1 - (distance / (taps / 2)) ** 2)));
      phases[phase * taps + k] = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
      sum += phases[phase * taps + k];
    }
    for (let k = 0; k < taps; k += 1) phases[phase * taps + k] /= sum; // so that a constant stays what it is
  }
  return phases;
}

/**
 * Write floats of -1 to 1 as signed 16-bit little-endian; what is louder is clipped.
 * @param {Float32Array} input
 * @param {number} inputAt
 * @param {number} count
 * @param {Uint8Array} output
 * @param {number} outputAt in bytes
 */
export function writeS16le(input, inputAt, count, output, outputAt) {
  for (let i = 0; i < count; i += 1) {
    const value = Math.max(-32768, Math.min(32767, Math.round(input[inputAt + i] * 32767)));
    output[outputAt + 2 * i] = value & 0xff;
    output[outputAt + 2 * i + 1] = (value >> 8) & 0xff;
  }
}

/**
 * Give the loudness of samples as the root of their mean square, 0 to 1.
 * @param {Float32Array} samples
 */
export function loudness(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] * samples[i];
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}
