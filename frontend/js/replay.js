/**
 * Play a moment of the recording again: from the page's memory, or from the record once there is one. Touches the
 * browser's audio.
 *
 * Never while the session records: what a loudspeaker says the microphone hears, the recogniser writes down, and the
 * record has for ever. A browser does not say whether there are headphones.
 */

/** @import { RecordsApi } from "./records-api.js" */
/** @import { Snapshot } from "./session-types.js" */
/** @import { SoundMemory } from "./sound-memory.js" */

/** @typedef {"recording" | "too_old" | "unreachable"} NotPlayed */

const BEFORE_MS = 250; // a recogniser's times are rough, and a word is understood by what stands around it
const LEAST_MS = 1000;

/** What can be heard of one recording after another. */
export class Replay {
  #memory;
  #api;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AudioBufferSourceNode | null} */
  #source = null;
  #player = new Audio();
  /** @type {string | null} */
  #playerOf = null; // the session whose record the player has open
  #stopsAtS = Infinity;

  /** @param {SoundMemory} memory @param {Pick<RecordsApi, "audioUrl">} api */
  constructor(memory, api) {
    this.#memory = memory;
    this.#api = api;
    this.#player.addEventListener("timeupdate", () => {
      if (this.#player.currentTime >= this.#stopsAtS) this.#player.pause();
    });
  }

  /** Forget the recording. */
  clear() {
    this.stop();
    this.#player.removeAttribute("src");
    this.#playerOf = null;
  }

  /** Be silent. */
  stop() {
    this.#source?.stop();
    this.#source = null;
    this.#player.pause();
  }

  /**
   * Play a word and what is around it.
   * @param {{ startMs: number, endMs: number }} word on the session's clock
   * @param {Snapshot} snapshot
   * @returns {Promise<NotPlayed | null>} null: it plays
   */
  async play(word, { phase, sessionId }) {
    this.stop();
    if (phase === "recording" || phase === "joining") return "recording";
    const startMs = Math.max(0, word.startMs - BEFORE_MS);
    const endMs = Math.max(word.endMs + BEFORE_MS, startMs + LEAST_MS);
    const held = this.#memory.cut(startMs, endMs);
    if (held !== null) {
      this.#playSamples(held, this.#memory.rateHz);
      return null;
    }
    if (phase !== "saved" || sessionId === null) return "too_old";
    try {
      if (this.#playerOf !== sessionId) this.#player.src = (await this.#api.audioUrl(sessionId)).url;
      this.#playerOf = sessionId;
      this.#player.currentTime = startMs / 1000;
      this.#stopsAtS = endMs / 1000;
      await this.#player.play();
      return null;
    } catch {
      this.#playerOf = null; // a link lives for minutes: the next press asks for another
      return "unreachable";
    }
  }

  /** @param {Int16Array} samples @param {number} rateHz */
  #playSamples(samples, rateHz) {
    this.#context ??= new AudioContext();
    void this.#context.resume();
    const buffer = this.#context.createBuffer(1, samples.length, rateHz);
    buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / 32768), 0);
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#context.destination);
    source.start();
    this.#source = source;
  }
}
