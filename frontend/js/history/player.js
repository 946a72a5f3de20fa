/**
 * Play a recording from any moment of it, by a signed address that is renewed when it ends. Touches the DOM and, by the
 * browser's media element, the network.
 */

import { put } from "../elements.js";
import { RecordsTrouble } from "../records-api.js";
import { clockText } from "../texts.js";
import { says } from "../texts/history.js";
import { fill } from "../texts/language.js";
import { AudioLink } from "./audio-link.js";
import { button, field, make, say } from "./make.js";

/** @import { Trouble } from "../records-api.js" */

const BACK_S = 5;
const SPEEDS = ["0.75", "1", "1.25", "1.5", "2"];

/** The controls; the sound itself is the browser's. */
export class Player {
  #fetchLink;
  #onMoment;
  #onTrouble;
  #audio = make("audio", { preload: "none" });
  #link = new AudioLink();
  #lengthS = 0;
  /** @type {number | null} */
  #wantedS = null; // where to go once the browser knows the file
  #wantsPlay = false;
  #isSliding = false;
  #isRenewing = false;
  #generation = 0;
  #frame = 0;
  #play = button(() => this.#playWords(), () => void this.toggle(), "primary");
  #slider = make("input", { id: "position", type: "range", min: 0, step: 0.1, value: 0 });
  #clock = make("p", { class: "clock" });
  #speed = make("select", { id: "speed" }, ...SPEEDS.map((speed) => make("option", { value: speed, selected: speed === "1" }, `${speed}×`)));
  #failed = make("p", { class: "hint", role: "alert" });
  element;

  /**
   * @param {{ fetchLink: () => Promise<import("../records-api.js").AudioLink>, onMoment: (ms: number, isPlaying: boolean) => void,
   *   onTrouble: (trouble: Trouble) => void }} around
   */
  constructor({ fetchLink, onMoment, onTrouble }) {
    this.#fetchLink = fetchLink;
    this.#onMoment = onMoment;
    this.#onTrouble = onTrouble;
    say(this.#slider, () => says().player.position, "aria-label");
    const back = button(() => says().player.back, () => void this.go(this.#atS - BACK_S));
    const speed = field(() => says().player.speed, this.#speed);
    const warning = say(make("p", { class: "hint while-recording" }), () => says().player.heard);
    this.element = make(
      "section",
      { class: "player" },
      this.#audio,
      make("div", { class: "player-row" }, this.#play, back, this.#slider, this.#clock, speed),
      this.#failed,
      warning,
    );
    say(this.element, () => says().player.title, "aria-label");
    this.#listen();
  }

  /** Where it is, in seconds. */
  get #atS() {
    return this.#wantedS ?? this.#audio.currentTime;
  }

  get #isPlaying() {
    return this.#wantsPlay && !this.#audio.ended;
  }

  /** Be ready for a recording of that length; nothing is asked before somebody plays it. @param {number} lengthS */
  open(lengthS) {
    this.#lengthS = lengthS;
    this.#slider.max = String(lengthS);
    this.#show();
  }

  /** Forget the recording. */
  close() {
    this.#generation += 1;
    this.#wantsPlay = false;
    this.#wantedS = null;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    this.#link = new AudioLink();
    this.#failed.textContent = "";
    this.#show();
  }

  /** Play, or stop playing. */
  async toggle() {
    if (this.#isPlaying) {
      this.#wantsPlay = false;
      this.#audio.pause();
      this.#show();
    } else await this.playFrom(this.#audio.ended ? 0 : this.#atS);
  }

  /** @param {number} seconds */
  async playFrom(seconds) {
    this.#wantsPlay = true;
    await this.go(seconds);
  }

  /** Go to a moment, and go on as before. @param {number} seconds */
  async go(seconds) {
    this.#failed.textContent = "";
    this.#wantedS = Math.min(Math.max(0, seconds), this.#lengthS);
    this.#show();
    if (!this.#wantsPlay && !this.#audio.hasAttribute("src")) return; // it is asked for when it is to be heard
    if (this.#link.isStale(performance.now()) && !(await this.#renew())) return;
    this.#settle();
  }

  /** Say everything in the language that is spoken now. */
  redraw() {
    this.#show();
  }

  /** @returns {Promise<boolean>} whether there is an address to play from */
  async #renew() {
    const generation = this.#generation;
    const askedAtMs = performance.now();
    this.#isRenewing = true;
    this.#audio.pause(); // what was heard until now is not what is wanted
    try {
      const link = await this.#fetchLink();
      if (generation !== this.#generation) return false;
      if (!this.#link.isStale(performance.now())) return true; // another press has brought one
      this.#wantedS = this.#atS;
      this.#link.renewed(link, askedAtMs);
      this.#audio.src = link.url;
      this.#audio.load();
      return true;
    } catch (error) {
      if (generation !== this.#generation) return false;
      this.#wantsPlay = false;
      this.#show();
      if (!(error instanceof RecordsTrouble)) throw error;
      this.#onTrouble(error.kind);
      return false;
    } finally {
      this.#isRenewing = false;
    }
  }

  /** Have the browser do what is wanted, as far as it can by now. */
  #settle() {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = Number(this.#speed.value);
    if (this.#wantedS !== null) {
      this.#audio.currentTime = this.#wantedS; // of an address that says nothing yet: where it is to begin
      if (this.#audio.readyState >= HTMLMediaElement.HAVE_METADATA) this.#wantedS = null;
    }
    if (this.#wantsPlay && this.#audio.paused) this.#audio.play().catch(() => undefined); // `error` tells why
    this.#show();
  }

  #listen() {
    const on = (/** @type {string} */ name, /** @type {() => void} */ hear) => this.#audio.addEventListener(name, hear);
    on("loadedmetadata", () => {
      if (Number.isFinite(this.#audio.duration)) this.#lengthS = this.#audio.duration;
      this.#slider.max = String(this.#lengthS);
      this.#settle();
    });
    on("playing", () => {
      this.#link.worked();
      this.#follow();
    });
    for (const name of ["seeked", "timeupdate"]) on(name, () => this.#show());
    // By a key of the keyboard or of a headset, too.
    on("play", () => {
      this.#wantsPlay = true;
      this.#show();
    });
    on("pause", () => {
      if (!this.#isRenewing && this.#audio.paused) this.#wantsPlay = false;
      this.#show();
    });
    on("ended", () => {
      this.#wantsPlay = false;
      this.#show();
    });
    on("error", () => void this.#recover());
    this.#speed.addEventListener("change", () => {
      this.#audio.defaultPlaybackRate = this.#audio.playbackRate = Number(this.#speed.value);
    });
    this.#slider.addEventListener("input", () => {
      this.#isSliding = true;
      this.#showAt(Number(this.#slider.value));
    });
    this.#slider.addEventListener("change", () => {
      this.#isSliding = false;
      void this.go(Number(this.#slider.value));
    });
  }

  /** The browser gave up on the address: it may have ended, or the network has. */
  async #recover() {
    if (!this.#audio.hasAttribute("src")) return;
    const wantsPlay = this.#wantsPlay;
    const isWorthIt = this.#link.isWorthRenewing(performance.now());
    this.#wantedS = this.#atS;
    this.#link = new AudioLink();
    if (wantsPlay && isWorthIt && (await this.#renew())) {
      this.#settle();
      return;
    }
    this.#wantsPlay = false;
    if (this.#failed.textContent === "" && !isWorthIt) this.#failed.textContent = says().player.failed;
    this.#show();
  }

  /** Tell of every frame which moment is heard. */
  #follow() {
    cancelAnimationFrame(this.#frame);
    const step = () => {
      if (this.#audio.paused) return;
      this.#show();
      this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #playWords() {
    return this.#isPlaying ? says().player.pause : says().player.play;
  }

  #show() {
    put(this.#play, this.#playWords());
    if (!this.#isSliding) {
      this.#slider.value = String(this.#atS);
      this.#showAt(this.#atS);
    }
    this.#onMoment(this.#atS * 1000, this.#isPlaying);
  }

  /** @param {number} seconds */
  #showAt(seconds) {
    const [at, length] = [seconds, this.#lengthS].map(clockText);
    put(this.#clock, `${at} / ${length}`);
    const told = fill(says().player.at, { at, length });
    if (this.#slider.getAttribute("aria-valuetext") !== told) this.#slider.setAttribute("aria-valuetext", told);
  }
}
