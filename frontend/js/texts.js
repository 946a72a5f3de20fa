/** Every sentence the page says while it runs. Pure. */

import { BYTES_PER_SAMPLE } from "./pcm.js";
import { RATE_HZ } from "./wire.js";

/** @import { Notice, Receipt, Snapshot, State } from "./session-types.js" */
/** @import { Quality, Range } from "./wire.js" */

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

/** @type {Record<string, string>} by the name of the browser's error */
const MICROPHONE_ERRORS = {
  NotAllowedError: "The browser may not use the microphone. Allow it beside the address, then press Start again.",
  NotFoundError: "No microphone was found. Connect one, then press Start again.",
  NotReadableError: "Another program is using the microphone. Close it there, then press Start again.",
};

/** @param {string} errorName */
export function microphoneError(errorName) {
  const known = Object.hasOwn(MICROPHONE_ERRORS, errorName) ? MICROPHONE_ERRORS[errorName] : null;
  return known ?? "The microphone could not be started. Reload the page and try again.";
}

export const MICROPHONE_LOST =
  "The microphone is gone. The recording is paused and safe: connect a microphone, then press Resume.";
export const TAKEN_OVER =
  "Another page has taken over this session, and this one records no more. You can go on here instead.";
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

/** @param {Quality} quality */
const soundKbitPerS = (quality) => (RATE_HZ[quality] * BYTES_PER_SAMPLE * 8) / 1000;

/**
 * Name a quality with the sound's own bit rate.
 * @param {Quality} quality
 */
export function qualityText(quality) {
  const names = { low: "Low", medium: "Medium", high: "High" };
  return `${names[quality]}: ${RATE_HZ[quality] / 1000} kHz, ${soundKbitPerS(quality)} kbit/s`;
}

/**
 * Say what a quality asks of the connection: as base64 makes 4 characters of 3 bytes, a third more than the sound.
 * @param {Quality} quality
 */
export function qualityCost(quality) {
  return `Sends ${Math.round((soundKbitPerS(quality) * 4) / 3).toLocaleString("en")} kbit/s while recording.`;
}

/**
 * Say how far sound and text have come.
 * @param {Snapshot} snapshot
 */
export function progressText({ phase, rateHz, recorded, received, durable, status, secondsLeft, notices }) {
  if (phase === "idle" || recorded === 0) return "";
  const parts = [`Heard ${clockText(received / rateHz)}`, `stored ${clockText(durable / rateHz)}`];
  if (status?.transcription === "unavailable") parts.push("text not available now: recording goes on, text follows");
  if (status?.transcription === "delayed") {
    parts.push(`text ${Math.max(1, Math.round(status.behind_ms / 1000))} s behind: recording goes on`);
  }
  if (notices.includes("duration_near")) parts.push(`${clockText(secondsLeft)} left`);
  return parts.join(" · ");
}

/** @param {readonly Range[]} gaps @param {number} rateHz */
function gapsText(gaps, rateHz) {
  if (gaps.length === 0) return "None";
  return gaps.map(([from, to]) => `${clockText(from / rateHz)} to ${clockText(to / rateHz)}`).join(", ");
}

const TRANSCRIPTS = { complete: "Complete", pending: "Being completed", incomplete: "Incomplete" };

/**
 * List what became of a recording as pairs of a name and a fact.
 * @param {Receipt} receipt
 * @param {number} rateHz
 * @returns {[string, string][]}
 */
export function receiptFacts(receipt, rateHz) {
  const vouched = receipt.isIdentical ? "Yes" : "No";
  return [
    ["Record", String(receipt.transcriptionId)],
    ["Duration", clockText(receipt.samples / rateHz)],
    ["Samples stored", receipt.samples.toLocaleString("en")],
    ["Missing sound", gapsText(receipt.gaps, rateHz)],
    ["Stored as captured", receipt.isIdentical === null ? "Recorded in part elsewhere" : vouched],
    ["Transcript", TRANSCRIPTS[receipt.transcript]],
  ];
}
