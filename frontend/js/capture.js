/** The microphone: its samples at the session's rate, in batches, until it is closed. Touches the browser's audio. */

import { ANY_DEVICE } from "./device-choice.js";

const LATENCY = "playback"; // unbroken sound matters here, a few more milliseconds do not
const AWAKE_WITHIN_MS = 3000; // during a phone call the browser may let one wait for ever
const WORKLET = new URL("capture-worklet.js", import.meta.url);

/**
 * `ended`: the device is gone, or the permission; `muted` and `unmuted`: the system or another program keeps its
 * sound from the page, or lets go of it.
 * @typedef {"ended" | "muted" | "unmuted"} Trouble
 */
/**
 * @typedef {object} CaptureSettings
 * @property {number} rateHz
 * @property {string} deviceId which microphone, or ANY_DEVICE
 * @property {(bytes: Uint8Array, level: number) => void} onBatch called about ten times a second, silent or not,
 *   with signed 16-bit little-endian samples that are only lent, and the loudness from 0 to 1
 * @property {(trouble: Trouble) => void} onTrouble
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
  static async open({ rateHz, deviceId, onBatch, onTrouble }) {
    const wanted = new AudioContext({ sampleRate: rateHz, latencyHint: LATENCY });
    const loading = wanted.audioWorklet.addModule(WORKLET); // while the microphone opens
    loading.catch(() => undefined); // heard of below, unless there is no microphone
    /** @type {MediaStream | null} */
    let stream = null;
    let context = wanted;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: constraints(deviceId) });
      const connected = await connect(stream, wanted, loading);
      context = connected.context;
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
      const capture = new Capture(stream, context, node);
      capture.#watch(onTrouble);
      connected.source.connect(node);
      await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, AWAKE_WITHIN_MS))]);
      if (context.state !== "running") throw new DOMException("no sound comes", "NotReadableError");
      return capture;
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      if (context.state !== "closed") void context.close();
      throw error;
    }
  }

  /** Which microphone it is. @returns {import("./device-choice.js").Device} */
  get device() {
    return { deviceId: this.#track.getSettings().deviceId ?? ANY_DEVICE, label: this.#track.label };
  }

  /** Hear, or hear only silence. @param {boolean} isOn */
  setOn(isOn) {
    this.#track.enabled = isOn;
  }

  /** Go on after the browser has put the sound to sleep, for a phone call or a screen that was locked. */
  wake() {
    if (this.#context.state !== "closed") void this.#context.resume().catch(() => undefined);
  }

  /** Give the microphone back. */
  close() {
    this.#node.port.onmessage = null; // batches are on their way still
    this.#track.onended = this.#track.onmute = this.#track.onunmute = null;
    this.#context.onstatechange = null;
    for (const track of this.#stream.getTracks()) track.stop();
    void this.#context.close();
  }

  /** @param {(trouble: Trouble) => void} onTrouble */
  #watch(onTrouble) {
    this.#track.onended = () => onTrouble("ended");
    this.#track.onmute = () => onTrouble("muted");
    this.#track.onunmute = () => onTrouble("unmuted");
    this.#context.onstatechange = () => {
      if (this.#context.state !== "running") this.wake(); // `suspended`; Safari also says `interrupted`
    };
  }
}

/** @param {string} deviceId @returns {MediaTrackConstraints} */
function constraints(deviceId) {
  return {
    channelCount: 1,
    // The recording is evidence, and the recogniser copes better with the room than with what filters leave of it.
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
    ...(deviceId === ANY_DEVICE ? {} : { deviceId: { exact: deviceId } }),
  };
}

/**
 * @param {MediaStream} stream
 * @param {AudioContext} wanted at the session's rate
 * @param {Promise<void>} loading of the worklet in it
 */
async function connect(stream, wanted, loading) {
  try {
    const source = wanted.createMediaStreamSource(stream);
    await loading;
    return { context: wanted, source };
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "NotSupportedError") throw error;
    // Older Firefoxes join no microphone to a context of another rate; the worklet resamples instead.
    void wanted.close();
    const context = new AudioContext({ latencyHint: LATENCY });
    await context.audioWorklet.addModule(WORKLET);
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
