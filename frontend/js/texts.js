/** Every sentence the page says while it runs. Pure. */

import { sentBitsPerS, soundBitsPerS } from "./bandwidth.js";
import { RATE_HZ } from "./wire.js";

/** @import { Trouble } from "./microphone-trouble.js" */
/** @import { Notice, Receipt, Snapshot, State } from "./session-types.js" */
/** @import { Encoding, Quality, Range } from "./wire.js" */

const WAITING_WORTH_A_WORD_S = 2; // what is spoken is heard by the server within a second

/** @type {Record<State, string>} */
export const STATES = {
  idle: "Ready",
  joining: "Opening the recording",
  connecting: "Connecting: already recording",
  live: "Recording",
  catching_up: "Recording, catching up",
  reconnecting: "Reconnecting: nothing is lost",
  paused: "Paused",
  finishing: "Finishing",
  superseded: "Open in another page",
  stored: "Audio stored, record follows",
  saved: "Saved",
  failed: "Stopped",
};

/** @type {Record<Notice, string>} */
export const NOTICES = {
  ended: "The server has ended this session. What was recorded until then is stored; start a new recording to go on.",
  sign_in: "You are signed out. The recording is kept in this page: sign in again to go on sending it.",
  buffer_full:
    "Recording has stopped: this page holds all the audio it can. Keep it open; when the connection is back, resume.",
  conflict: "Some audio reached the server twice, and differed. The first copy is kept; please check the text.",
  busy: "The service is full at the moment. Recording goes on in this page, and is sent as soon as there is room.",
  buffer_half: "The connection is slow: half of the room for unsent audio is used. Keep this page open.",
  duration_reached: "The longest recording allowed is reached. It is being saved; start a new one to go on.",
  duration_near: "This recording is close to the longest allowed and will then be saved by itself.",
  silence: "We hear no speech. Check the microphone.",
};

/** @type {ReadonlySet<Notice>} */
export const GRAVE_NOTICES = new Set(["ended", "sign_in", "buffer_full", "conflict"]);

/** @type {Record<Trouble, string>} */
export const MICROPHONE_TROUBLES = {
  insecure: "Browsers give the microphone to secure pages only. Open this page by its https:// address.",
  blocked_chromium:
    "The microphone is blocked for this page. Click the icon at the left end of the address, switch Microphone on, and try again.",
  blocked_firefox:
    "The microphone is blocked for this page. Click the crossed-out microphone beside the address, clear the block, and try again.",
  blocked_safari:
    "The microphone is blocked for this page. Choose Safari › Settings for This Website, set Microphone to Allow, and try again.",
  blocked_safari_touch:
    "The microphone is blocked for this page. Tap the icon in the address bar, then Website Settings, allow the microphone, and try again.",
  blocked_other: "The microphone is blocked for this page. Allow it in the browser's settings of this site, and try again.",
  dismissed: "The browser asked for the microphone and got no answer. Try again, and choose Allow.",
  blocked_by_system:
    "The system keeps the microphone from this browser. Allow it in the privacy settings of your computer or phone, and try again.",
  missing: "No microphone was found. Connect one, and try again.",
  taken: "The microphone is in use by another program. Close it there, or choose another microphone, and try again.",
  unknown: "The microphone could not be started. Reload the page and try again.",
};

/** @type {Record<import("./microphone.js").Loss | "taken", string>} */
const MICROPHONE_LOSSES = {
  ended: "is gone",
  muted: "was muted by the system or taken by another program",
  stalled: "stopped giving sound",
  taken: "is in use by another program",
};

/** @param {string} label */
const named = (label) => (label === "" ? "The microphone" : `The microphone “${label}”`);

/**
 * Say what became of a microphone.
 * @param {import("./microphone.js").Change} change
 * @param {string | null} at where in the recording; null: nothing is recorded
 */
export function microphoneChange(change, at) {
  const lost = `${named(change.from)} ${MICROPHONE_LOSSES[change.why]}.`;
  if (change.kind === "moved") {
    const where = at === null ? "" : ` Recording goes on; at ${at} a moment may be missing.`;
    return `${lost} “${change.to}” is used instead.${where}`;
  }
  if (at === null) return `${lost} Connect a microphone, and try again.`;
  return `${lost} The recording is paused at ${at}, and safe: connect a microphone or free it, then press Resume.`;
}

/** @type {Record<import("./hearing.js").Verdict, string>} */
export const HEARING = {
  waiting: "Say something.",
  dead: "No sound at all: is the microphone muted?",
  quiet: "We hear no speech at the moment.",
  speech: "We hear you.",
};

/** @type {Record<import("./progress.js").SoundNotice, string>} */
export const SOUND_NOTICES = {
  dead: "The microphone gives no sound at all. Is it muted, or switched off?",
  no_text: "We hear speech but get no text. Recording goes on; the sound is kept. Only English is recognised.",
  no_speech: "We hear nothing: check the microphone.",
};

export const ANY_MICROPHONE = "The browser's choice";
export const CHECK = "Check microphone";
export const CHECK_END = "End the check";
export const TAKEN_OVER =
  "Another page has taken over this session, and this one records no more. You can go on here instead.";
export const ENCODER_FAILED =
  "The browser could not compress the sound. The recording is paused and safe: stop it, choose Lossless, and start a new one.";
export const PAGE_FAILED = "The page could not be set up. Check the connection and reload it.";
export const SIGN_IN_FAILED = "Signing in did not work. Please try again.";
export const SIGN_IN_BLOCKED = "The browser blocked the sign-in window. Allow it beside the address and try again.";
export const SIGN_OUT_FAILED = "You may still be signed in elsewhere: signing out everywhere did not work. Please try again.";
export const SIGN_OUT_NEEDS_SIGN_IN = "Your sign-in has expired. Reload the page, sign in, and sign out everywhere then.";
export const SIGNED_OUT = "Signed out";
export const START = "Start";
export const START_NEW = "New recording";
export const PAUSE = "Pause";
export const RESUME = "Resume";
export const COPIED = "Copied";
export const COPY_BY_HAND = "Text selected: copy it with Ctrl+C or ⌘C";
export const COPY = "Copy text";

/**
 * Say why a session cannot go on, and what to do.
 * @param {{ code: string, sentence: string }} failure
 * @param {boolean} hasUnsaved
 */
export function failureText({ code, sentence }, hasUnsaved) {
  const reason =
    code === "not_found" ? "The server no longer knows this session." : sentence || "The server refused the session.";
  const loss = hasUnsaved ? " The audio that was not yet stored cannot be sent any more." : "";
  return `${reason}${loss} Start a new recording.`;
}

/**
 * Write a time as mm:ss, or h:mm:ss from an hour on.
 * @param {number} seconds
 */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  const short = `${two(minutes % 60)}:${two(whole % 60)}`;
  return whole < 3600 ? short : `${Math.floor(minutes / 60)}:${short}`;
}

/**
 * Name a quality with the sound's own bit rate.
 * @param {Quality} quality
 * @param {Encoding} encoding
 */
export function qualityText(quality, encoding) {
  const names = { low: "Low", medium: "Medium", high: "High" };
  const sound = encoding === "opus" ? "Opus" : `${RATE_HZ[quality] / 1000} kHz`;
  return `${names[quality]}: ${sound}, ${soundBitsPerS(quality, encoding) / 1000} kbit/s`;
}

/**
 * Say what a quality asks of the connection.
 * @param {Quality} quality
 * @param {Encoding} encoding
 */
export function qualityCost(quality, encoding) {
  return `Sends ${Math.round(sentBitsPerS(quality, encoding) / 1000).toLocaleString("en")} kbit/s while recording.`;
}

/**
 * Say how far sound and text have come.
 * @param {Snapshot} snapshot
 * @param {import("./progress.js").TextProgress} text
 */
export function progressText({ phase, rateHz, recorded, received, durable, status, secondsLeft }, { transcribedS, delayS }) {
  if (phase === "idle" || phase === "joining" || recorded === 0) return "";
  const parts = [
    `Heard ${clockText(received / rateHz)}`,
    `saved ${clockText(durable / rateHz)}`,
    `transcribed ${clockText(transcribedS)}`,
  ];
  const isOpen = phase === "recording" || phase === "paused" || phase === "stopping";
  const waitingS = (recorded - received) / rateHz;
  if (isOpen && waitingS >= WAITING_WORTH_A_WORD_S) parts.push(`${Math.round(waitingS)} s wait in this page to be sent`);
  if (status?.transcription === "unavailable" && isOpen) parts.push("no text at the moment: recording goes on, text follows");
  else if (status?.transcription === "delayed" && isOpen) {
    parts.push(`text ${Math.max(1, Math.round(status.behind_ms / 1000))} s behind: recording goes on, text follows`);
  } else if (phase === "recording" && delayS !== null) parts.push(`text comes after ${Math.max(1, Math.round(delayS))} s`);
  if (isOpen) parts.push(`${clockText(secondsLeft)} left`);
  return parts.join(" · ");
}

/**
 * Name what no page holds any more and the server never had.
 * @param {Range} lost
 * @param {number} rateHz
 */
export function lostText([from, to], rateHz) {
  const seconds = Math.max(0.1, (to - from) / rateHz).toFixed(1);
  return `About ${seconds} s of sound did not reach the server and are lost: ${rangeText([from, to], rateHz)} as the timer then stood.`;
}

/**
 * Say what was found of a recording whose page is gone.
 * @param {import("./left-behind.js").Note & { isAlive: boolean }} note
 */
export function leftBehindText({ sessionId, recorded, rateHz, isAlive }) {
  const length = clockText(recorded / rateHz);
  if (sessionId === null) {
    return isAlive
      ? `Another tab records and has not reached the server yet, ${length} so far. Go on there.`
      : `A page was closed before it had reached the server. What it had recorded, ${length}, is lost.`;
  }
  return isAlive
    ? `A recording runs in another tab, ${length} so far. You can go on with it here; the other tab then stops.`
    : `A page was closed during a recording, at ${length}. What had reached the server is safe: go on with it, or finish it.`;
}

/** @param {Range} range @param {number} rateHz */
const rangeText = ([from, to], rateHz) => `${clockText(from / rateHz)} to ${clockText(Math.ceil(to / rateHz))}`;

/** @param {readonly Range[]} gaps @param {number} rateHz */
function gapsText(gaps, rateHz) {
  return gaps.length === 0 ? "0 gaps" : gaps.map((gap) => rangeText(gap, rateHz)).join(", ");
}

const TRANSCRIPTS = { complete: "Complete", pending: "Being completed", incomplete: "Incomplete" };

/** @param {number} samples */
const count = (samples) => samples.toLocaleString("en");

/**
 * List what became of a recording as pairs of a name and a fact.
 * @param {Receipt} receipt
 * @param {{ rateHz: number, recorded: number, transcribedS: number, lost: Range | null }} recording `recorded`: one
 *   past the last sample that was captured here
 * @returns {[string, string][]}
 */
export function receiptFacts(receipt, { rateHz, recorded, transcribedS, lost }) {
  const vouched = receipt.isIdentical ? "Yes" : "No";
  const stored = receipt.samples - receipt.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const isComplete = receipt.transcript === "complete";
  /** @type {[string, string][]} */
  const losses = lost === null ? [] : [["Lost before it was sent", rangeText(lost, rateHz)]];
  return [
    ["Record", String(receipt.transcriptionId)],
    ["Duration", clockText(receipt.samples / rateHz)],
    ["Samples sent", count(recorded)],
    ["Samples stored", count(stored)],
    ["Samples transcribed", isComplete ? count(stored) : `up to ${clockText(transcribedS)}`],
    ["Missing sound", gapsText(receipt.gaps, rateHz)],
    ...losses,
    ["Stored as captured", receipt.isIdentical === null ? "Recorded in part elsewhere" : vouched],
    ["Transcript", TRANSCRIPTS[receipt.transcript]],
  ];
}
