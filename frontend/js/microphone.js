/**
 * Have a microphone open, whichever there is: when one fails, go on with another, and say so. Knows nothing of the
 * page and the session. Which device comes next is said in device-choice.js.
 */

import { ANY_DEVICE, devicesAfter, microphonesAmong, rememberedDevice } from "./device-choice.js";

/** @import { Device } from "./device-choice.js" */
/** @import { CaptureSettings, Trouble } from "./capture.js" */
/** @typedef {"ended" | "muted" | "stalled"} Loss `stalled`: it gives nothing any more and does not say why */
/** @typedef {{ kind: "moved", why: Loss | "taken", from: string, to: string } | { kind: "lost", why: Loss, from: string }} Change */
/** @typedef {Pick<import("./capture.js").Capture, "device" | "setOn" | "wake" | "close">} OpenCapture */

const MUTE_GRACE_MS = 1500; // a headset that connects mutes for a moment
const STALLED_AFTER_MS = 3000; // batches come ten times a second, silent or not
const STALLED_SURELY_MS = 1000;

/**
 * @typedef {object} MicrophoneParts
 * @property {(settings: CaptureSettings) => Promise<OpenCapture>} open
 * @property {() => Promise<MediaDeviceInfo[]>} list
 * @property {(bytes: Uint8Array, level: number) => void} onBatch
 * @property {(change: Change) => void} onChange
 * @property {() => number} now milliseconds of a clock that only goes forward
 * @property {(act: () => void, ms: number) => unknown} later
 */

/** At most one open microphone. */
export class Microphone {
  #parts;
  /** @type {OpenCapture | null} */
  #capture = null;
  #rateHz = 0;
  #isOn = true;
  #isMuted = false;
  #isMoving = false;
  #heardAt = 0;
  #turn = 0; // counts opens and closes, so that what was asked for before is known when it comes late

  /** @param {MicrophoneParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  get isOpen() {
    return this.#capture !== null;
  }

  /** The open microphone; null for none. @returns {Device | null} */
  get device() {
    return this.#capture?.device ?? null;
  }

  /** The microphones that can be told apart. @returns {Promise<Device[]>} */
  async devices() {
    try {
      return microphonesAmong(await this.#parts.list());
    } catch {
      return [];
    }
  }

  /**
   * Have it open at a rate: the wanted device if it is there, else any that can be had. Rejects with the browser's
   * own error about the first.
   * @param {number} rateHz
   * @param {Device} wanted
   */
  async open(rateHz, wanted) {
    if (this.#capture !== null && this.#rateHz === rateHz) return;
    this.close();
    this.#rateHz = rateHz;
    const devices = await this.devices();
    const first = rememberedDevice(devices, wanted);
    const others = devicesAfter(devices, first).filter(({ deviceId }) => deviceId !== first);
    const ids = [first, ...(first === ANY_DEVICE ? [] : [ANY_DEVICE]), ...others.map(({ deviceId }) => deviceId)];
    const opened = await this.#openFirst(ids);
    if (opened === null) return;
    if (opened.nth > 0) this.#parts.onChange({ kind: "moved", why: "taken", from: nameIn(devices, first), to: opened.label });
  }

  /**
   * Go over to another microphone while one is open; the old one goes on until the new one is there.
   * Rejects with the browser's own error, and goes on with the old one.
   * @param {string} deviceId
   */
  async use(deviceId) {
    if (this.#capture !== null) await this.#openFirst([deviceId]);
  }

  /** Hear, or hear only silence. @param {boolean} isOn */
  setOn(isOn) {
    this.#isOn = isOn;
    this.#capture?.setOn(isOn);
  }

  /** Go on after the browser has put the sound to sleep. */
  wake() {
    this.#capture?.wake();
  }

  /** See that sound still comes; to be called every second or so. */
  check() {
    if (this.#capture === null || this.#isMoving || this.#parts.now() - this.#heardAt < STALLED_AFTER_MS) return;
    this.#capture.wake();
    // A page that stood still itself, before a question of the browser say, has its batches waiting: first hear them.
    const stalled = this.#capture;
    const heardAt = this.#heardAt;
    this.#parts.later(() => {
      if (this.#capture === stalled && this.#heardAt === heardAt) void this.#moveOn("stalled");
    }, STALLED_SURELY_MS);
  }

  /** Give the microphone back. */
  close() {
    this.#turn += 1;
    this.#capture?.close();
    this.#capture = null;
    this.#isOn = true;
    this.#isMuted = false;
  }

  /**
   * Open the first that can be had in place of the open one. Rejects with the error about the first.
   * @param {string[]} ids
   * @returns {Promise<{ nth: number, label: string } | null>} null: it was closed meanwhile
   */
  async #openFirst(ids) {
    this.#turn += 1;
    const turn = this.#turn;
    /** @type {unknown} */
    let firstError = null;
    for (const [nth, deviceId] of ids.entries()) {
      try {
        const capture = await this.#openOne(deviceId);
        if (turn !== this.#turn) {
          capture.close();
          return null;
        }
        this.#capture?.close();
        this.#capture = capture;
        this.#isMuted = false;
        this.#heardAt = this.#parts.now();
        capture.setOn(this.#isOn);
        return { nth, label: capture.device.label };
      } catch (error) {
        firstError ??= error;
        if (error instanceof Error && error.name === "NotAllowedError") break; // nor may any other be used
      }
    }
    throw firstError;
  }

  /** @param {string} deviceId */
  async #openOne(deviceId) {
    /** @type {OpenCapture | null} */
    let capture = null;
    capture = await this.#parts.open({
      rateHz: this.#rateHz,
      deviceId,
      onBatch: (bytes, level) => {
        if (capture === null || capture !== this.#capture) return; // another is heard still, or by now
        this.#heardAt = this.#parts.now();
        this.#parts.onBatch(bytes, level);
      },
      onTrouble: (trouble) => {
        if (capture !== null && capture === this.#capture) this.#take(trouble);
      },
    });
    return capture;
  }

  /** @param {Trouble} trouble */
  #take(trouble) {
    this.#isMuted = trouble === "muted";
    if (trouble === "ended") void this.#moveOn("ended");
    if (trouble !== "muted") return;
    const muted = this.#capture;
    this.#parts.later(() => {
      if (this.#isMuted && this.#capture === muted) void this.#moveOn("muted");
    }, MUTE_GRACE_MS);
  }

  /** @param {Loss} why */
  async #moveOn(why) {
    if (this.#isMoving) return;
    this.#isMoving = true;
    const lost = this.#capture?.device ?? { deviceId: ANY_DEVICE, label: "" };
    const turn = this.#turn + 1;
    try {
      const devices = devicesAfter(await this.devices(), lost.deviceId);
      const worthTrying = devices.filter(({ deviceId }) => why === "stalled" || deviceId !== lost.deviceId);
      if (this.#capture === null) return; // closed meanwhile
      const opened = await this.#openFirst(worthTrying.map(({ deviceId }) => deviceId));
      if (opened !== null) this.#parts.onChange({ kind: "moved", why, from: lost.label, to: opened.label });
    } catch {
      if (turn !== this.#turn) return; // closed, or another chosen meanwhile
      this.close();
      this.#parts.onChange({ kind: "lost", why, from: lost.label });
    } finally {
      this.#isMoving = false;
    }
  }
}

/** @param {readonly Device[]} devices @param {string} wantedId */
const nameIn = (devices, wantedId) => devices.find(({ deviceId }) => deviceId === wantedId)?.label ?? "";
