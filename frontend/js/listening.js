/**
 * Have the page's microphone: open it with guidance when that fails, show what it hears, remember which was chosen,
 * and tell when it changes. Brings together microphone.js, hearing.js and microphone-view.js.
 */

import { Capture } from "./capture.js";
import { Hearing } from "./hearing.js";
import { Microphone } from "./microphone.js";
import { browserKind, troubleOf } from "./microphone-trouble.js";
import { MicrophoneView } from "./microphone-view.js";
import { words } from "./texts/language.js";

/** @import { Device } from "./device-choice.js" */
/** @import { Change } from "./microphone.js" */

const CHECK_EVERY_MS = 1000;

/** The microphone as the page has it. */
export class Listening {
  #microphone;
  #view;
  #wanted;
  #onProblem;
  #onChoice;
  #hearing = new Hearing();
  #isOn = true;

  /**
   * @param {object} hearers
   * @param {Device} hearers.wanted as chosen the last time
   * @param {(bytes: Uint8Array) => void} hearers.onBatch
   * @param {(change: Change) => void} hearers.onChange
   * @param {(sentence: import("./view.js").Sentence) => void} hearers.onProblem
   * @param {(device: Device) => void} hearers.onChoice
   * @param {() => void} hearers.onCheck
   */
  constructor({ wanted, onBatch, onChange, onProblem, onChoice, onCheck }) {
    this.#wanted = wanted;
    this.#onProblem = onProblem;
    this.#onChoice = onChoice;
    this.#view = new MicrophoneView({ onChoice: (device) => void this.#choose(device), onCheck });
    this.#microphone = new Microphone({
      open: (settings) => Capture.open(settings),
      list: async () => (await navigator.mediaDevices?.enumerateDevices()) ?? [],
      onBatch: (bytes, level) => {
        if (this.#isOn) {
          this.#hearing.add(level, performance.now());
          this.#view.show(level, this.verdict);
        }
        onBatch(bytes);
      },
      onChange: (change) => {
        this.#startHearing();
        onChange(change);
        void this.refresh();
      },
      now: () => performance.now(),
      later: setTimeout.bind(globalThis),
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.refresh());
    document.addEventListener("visibilitychange", () => this.#microphone.wake());
    setInterval(() => this.#microphone.check(), CHECK_EVERY_MS);
    void this.refresh();
  }

  get isOpen() {
    return this.#microphone.isOpen;
  }

  /** What is heard at the moment. */
  get verdict() {
    return this.#hearing.verdict(performance.now());
  }

  /** How long someone has spoken since the last text, in milliseconds. */
  get speechMs() {
    return this.#hearing.speechMs;
  }

  /** Text has come for what was spoken. */
  text() {
    this.#hearing.text();
  }

  /** @param {{ isChecking: boolean, isPossible: boolean }} check */
  showCheck(check) {
    this.#view.showCheck(check);
  }

  /**
   * Have it open at a rate.
   * @param {number} rateHz
   * @returns {Promise<boolean>} false: it cannot be had, and the user has been told why
   */
  async open(rateHz) {
    const wasOpen = this.#microphone.isOpen;
    try {
      await this.#microphone.open(rateHz, this.#wanted);
    } catch (error) {
      this.#onProblem(await explain(error));
      return false;
    }
    if (!wasOpen) this.#startHearing();
    void this.refresh(); // the browser names the devices from now on
    return this.#microphone.isOpen;
  }

  /** Hear, or hear only silence. @param {boolean} isOn */
  setOn(isOn) {
    this.#isOn = isOn;
    this.#microphone.setOn(isOn);
    this.#startHearing();
  }

  close() {
    this.#microphone.close();
    this.#isOn = true;
    this.#startHearing();
  }

  /** List the microphones there are. */
  async refresh() {
    const devices = await this.#microphone.devices();
    this.#view.list(devices, this.#microphone.device ?? this.#wanted);
  }

  #startHearing() {
    this.#hearing = new Hearing();
    this.#view.clear();
  }

  /** @param {Device} device */
  async #choose(device) {
    this.#wanted = device;
    this.#onChoice(device);
    if (!this.#microphone.isOpen) return;
    try {
      await this.#microphone.use(device.deviceId);
      this.#onProblem("");
      this.#startHearing();
    } catch (error) {
      this.#onProblem(await explain(error));
    }
    void this.refresh();
  }
}

/** @param {unknown} error @returns {Promise<() => string>} what helps, in the language of the moment */
async function explain(error) {
  const errorName = error instanceof Error ? error.name : "";
  const isSecure = isSecureContext && navigator.mediaDevices !== undefined;
  const facts = { errorName, permission: await permission(), isSecure, browser: browserKind(globalThis) };
  const trouble = troubleOf(facts);
  return () => words.microphoneTroubles[trouble];
}

/** @returns {Promise<PermissionState | null>} */
async function permission() {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ ("microphone") })).state;
  } catch {
    return null; // the browser does not say
  }
}
