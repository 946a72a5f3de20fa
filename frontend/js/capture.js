/** The microphone: its samples at the session's rate, in batches, until it is closed. Touches the browser's audio. */

const LATENCY = "playback"; // unbroken sound matters here, a few more milliseconds do not

/**
 * @typedef {object} CaptureSettings
 * @property {number} rateHz
 * @property {(bytes: Uint8Array, level: number) => void} onBatch called about ten times a second, silent or not,
 *   with signed 16-bit little-endian samples that are only lent, and the loudness from 0 to 1
 * @property {() => void} onLost the device is gone
 */

/** An open microphone. */
export class Capture {
  #stream;
  #context;
  #node;
  #track;

  /**
   * @param {MediaStream} stream
   * @param {AudioContext} context
   * @param {AudioWorkletNode} node
   */
  constructor(stream, context, node) {
    this.#stream = stream;
    this.#context = context;
    this.#node = node;
    [this.#track] = stream.getAudioTracks();
  }

  /**
   * Ask for the microphone and begin. Rejects with the browser's own error, whose name says what was wrong.
   * @param {CaptureSettings} settings
   * @returns {Promise<Capture>}
   */
  static async open({ rateHz, onBatch, onLost }) {
    const stream = await navigator.mediaDevices.getUserMedia({
      // The recording is evidence, and the recogniser copes better with the room than with what filters leave of it.
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    try {
      const { context, source } = connect(stream, rateHz);
      await context.audioWorklet.addModule(new URL("capture-worklet.js", import.meta.url));
      const node = new AudioWorkletNode(context, "capture", {
        numberOfOutputs: 0,
        channelCount: 1,
        channelCountMode: "explicit", // so that the browser mixes several channels into one
        processorOptions: { rateHz },
      });
      node.port.onmessage = ({ data: { buffer, level } }) => {
        onBatch(new Uint8Array(buffer), level);
        node.port.postMessage(buffer, [buffer]);
      };
      stream.getAudioTracks()[0].onended = onLost;
      source.connect(node);
      await context.resume();
      return new Capture(stream, context, node);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  /** Hear, or hear only silence. @param {boolean} isOn */
  setOn(isOn) {
    this.#track.enabled = isOn;
  }

  /** Give the microphone back. */
  close() {
    this.#node.port.onmessage = null; // batches are on their way still
    this.#track.onended = null;
    for (const track of this.#stream.getTracks()) track.stop();
    void this.#context.close();
  }
}

/**
 * @param {MediaStream} stream
 * @param {number} rateHz
 */
function connect(stream, rateHz) {
  const wanted = new AudioContext({ sampleRate: rateHz, latencyHint: LATENCY });
  try {
    return { context: wanted, source: wanted.createMediaStreamSource(stream) };
  } catch {
    // Firefox refuses to join a microphone and a context of different rates; the worklet resamples instead.
    void wanted.close();
    const context = new AudioContext({ latencyHint: LATENCY });
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
