/** Show which microphone there is, how loud it is, and whether it hears anyone. Touches the DOM, decides nothing. */

import { ANY_DEVICE } from "./device-choice.js";
import { button, element, put, select } from "./elements.js";
import { whenLanguageChanges, words } from "./texts/language.js";

/** @import { Device } from "./device-choice.js" */

const LEVEL_FLOOR_DB = -60; // shown as silence
const LEVEL_FALL = 0.8; // of the last level is kept, so that the bar falls softly

/** The microphone's part of the page. */
export class MicrophoneView {
  #select = select("microphone");
  #check = button("check");
  #level = element("level");
  #levelBar = element("level-bar");
  #hearing = element("hearing");
  #shownLevel = 0;
  #listed = "";
  /** @type {readonly Device[]} */
  #devices = [];
  #shownCheck = { isChecking: false, isPossible: true };

  /** @param {{ onChoice: (device: Device) => void, onCheck: () => void }} hearers */
  constructor({ onChoice, onCheck }) {
    this.#select.addEventListener("change", () => onChoice(this.chosen));
    this.#check.addEventListener("click", onCheck);
    this.list([], { deviceId: ANY_DEVICE, label: "" });
    whenLanguageChanges(() => {
      this.list(this.#devices, this.chosen);
      this.showCheck(this.#shownCheck);
    });
  }

  /** The microphone that is selected. @returns {Device} */
  get chosen() {
    const [option] = this.#select.selectedOptions;
    const deviceId = option?.value ?? ANY_DEVICE;
    return { deviceId, label: deviceId === ANY_DEVICE ? "" : (option?.textContent ?? "") };
  }

  /**
   * List the microphones, with one selected.
   * @param {readonly Device[]} devices
   * @param {Device} selected
   */
  list(devices, { deviceId }) {
    this.#devices = devices;
    const all = [{ deviceId: ANY_DEVICE, label: words.anyMicrophone }, ...devices];
    const listed = JSON.stringify(all);
    if (listed !== this.#listed) {
      this.#listed = listed; // written anew only when it changes, as it may be open
      this.#select.replaceChildren(...all.map((device) => new Option(device.label, device.deviceId)));
    }
    this.#select.value = all.some((device) => device.deviceId === deviceId) ? deviceId : ANY_DEVICE;
  }

  /** @param {{ isChecking: boolean, isPossible: boolean }} check `isPossible`: nothing is being recorded */
  showCheck({ isChecking, isPossible }) {
    this.#shownCheck = { isChecking, isPossible };
    this.#check.hidden = !isPossible;
    put(this.#check, isChecking ? words.buttons.checkEnd : words.buttons.check);
    this.#hearing.setAttribute("aria-live", isChecking ? "polite" : "off"); // while recording the text is what is read
  }

  /**
   * Show how loud it is, and what is heard.
   * @param {number} level root mean square, 0 to 1
   * @param {import("./hearing.js").Verdict} verdict
   */
  show(level, verdict) {
    const db = 20 * Math.log10(Math.max(level, 1e-6));
    const share = Math.min(1, Math.max(0, 1 - db / LEVEL_FLOOR_DB));
    this.#draw(Math.max(share, this.#shownLevel * LEVEL_FALL));
    this.#hearing.dataset.verdict = verdict;
    put(this.#hearing, words.hearing[verdict]);
  }

  /** The microphone is closed, or hears nothing on purpose. */
  clear() {
    this.#draw(0);
    delete this.#hearing.dataset.verdict;
    put(this.#hearing, "");
  }

  /** @param {number} share */
  #draw(share) {
    this.#shownLevel = share;
    this.#levelBar.style.transform = `scaleX(${share.toFixed(3)})`;
    this.#level.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  }
}
