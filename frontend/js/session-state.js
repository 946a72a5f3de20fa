/**
 * What a session knows, and its steps from phase to phase. Pure. Session fills it in from what the page and the clock
 * tell, ServerAnswers from what the server says; neither keeps anything of its own.
 */

import { Backoff } from "./backoff.js";
import { Finals } from "./finals.js";
import { Links } from "./links.js";
import { PHASES } from "./phases.js";
import { Recording } from "./recording.js";
import { Repeat } from "./repeat.js";
import { formOf } from "./sound-forms.js";
import { Upload } from "./upload.js";
import * as wire from "./wire.js";

/** @import { LeftBehind, Notice, Phase, SessionEffect, Snapshot } from "./session-types.js" */

export const RESUME_ID = "resume"; // comes back as `ref`
const HOLE_FIRST_MS = 2500;
const HOLE_LONGEST_MS = 10_000;
const DURATION_DEFAULT_S = 1800; // until `ready` has said

/**
 * @typedef {object} SessionSettings
 * @property {string} client this page's UUID
 * @property {string} requestId this session's
 * @property {import("./session-types.js").Choices} choices
 * @property {() => number} random gives 0 up to 1
 * @property {number} [ringBytes]
 * @property {LeftBehind | null} [leftBehind] a session to go on with, or to finish
 */

/** The knowledge of one session. */
export class SessionState {
  client;
  startId;
  choices;
  rateHz;
  durationS = DURATION_DEFAULT_S;
  /** @type {LeftBehind | null} */
  leftBehind;
  isEndWanted = false;
  /** @type {wire.Range | null} */
  lost = null;
  recording;
  upload;
  links;
  finals = new Finals();
  /** @type {Phase} */
  phase = "idle";
  /** @type {string | null} */
  sessionId = null;
  epoch = -1;
  fillHoleAgain = new Repeat(HOLE_FIRST_MS, HOLE_LONGEST_MS);
  /** @type {wire.Status | null} */
  status = null;
  /** @type {wire.Saved | null} */
  saved = null;
  /** @type {Snapshot["failure"]} */
  failure = null;
  /** @type {Set<Notice>} */
  notices = new Set();
  /** @type {SessionEffect[]} to be done now, in order */
  effects = [];

  /** @param {SessionSettings} settings */
  constructor({ client, requestId, choices, random, ringBytes, leftBehind = null }) {
    this.client = client;
    this.startId = requestId;
    this.choices = choices;
    this.rateHz = wire.rateHz(choices);
    const form = formOf(choices.encoding);
    this.leftBehind = leftBehind;
    this.sessionId = leftBehind?.sessionId ?? null;
    this.recording = new Recording(this.durationS * this.rateHz, ringBytes, form);
    this.upload = new Upload(this.recording, this.rateHz, form);
    this.links = new Links(new Backoff(random));
  }

  /**
   * Go to the next phase, if the step leads from this one; the microphone follows.
   * @param {import("./phases.js").Step} step
   */
  go(step) {
    const next = PHASES[this.phase][step];
    if (next === undefined) return false;
    if ((this.phase === "recording") !== (next === "recording")) {
      this.effects.push({ kind: "microphone", isOn: next === "recording" });
    }
    this.upload.sayPause(next === "paused");
    this.phase = next;
    return true;
  }
}
