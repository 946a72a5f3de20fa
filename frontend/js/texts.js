/** What the page says where a figure or a choice is in the sentence. Pure; the words are in texts/. */

import { sentBitsPerS, soundBitsPerS } from "./bandwidth.js";
import { fill, language, words } from "./texts/language.js";
import { RATE_HZ } from "./wire.js";

/** @import { Notice, Receipt, Snapshot } from "./session-types.js" */
/** @import { Encoding, Quality, Range } from "./wire.js" */

export { words };

const WAITING_WORTH_A_WORD_S = 2; // what is spoken is heard by the server within a second

/** @type {ReadonlySet<Notice>} */
export const GRAVE_NOTICES = new Set(["ended", "sign_in", "buffer_full", "conflict"]);

/** Of the language, with digits that everyone reads. */
const locale = () => (language === "hi" ? "hi-IN-u-nu-latn" : "en");

/** @param {string} label */
const named = (label) =>
  label === "" ? words.microphoneChanges.unnamed : fill(words.microphoneChanges.named, { label });

/**
 * Say what became of a microphone.
 * @param {import("./microphone.js").Change} change
 * @param {string | null} at where in the recording; null: nothing is recorded
 */
export function microphoneChange(change, at) {
  const { moved, movedAt, none, pausedAt } = words.microphoneChanges;
  const lost = fill(words.microphoneLosses[change.why], { microphone: named(change.from) });
  const where = at === null ? [] : [fill(change.kind === "moved" ? movedAt : pausedAt, { at })];
  if (change.kind === "moved") return [lost, fill(moved, { label: change.to }), ...where].join(" ");
  return [lost, ...(at === null ? [none] : where)].join(" ");
}

/**
 * Reasons that the server words in English; others are passed on as it words them.
 * @type {Record<string, "notFound" | "oldPage">}
 */
const FAILURES = { not_found: "notFound", unsupported_protocol: "oldPage" };

/**
 * Say why a session cannot go on, and what to do.
 * @param {{ code: string, sentence: string }} failure
 * @param {boolean} hasUnsaved
 */
export function failureText({ code, sentence }, hasUnsaved) {
  const { refused, unsaved, startNew } = words.failures;
  const known = Object.hasOwn(FAILURES, code) ? words.failures[FAILURES[code]] : null;
  const reason = known ?? (sentence || refused);
  return [reason, ...(hasUnsaved ? [unsaved] : []), startNew].join(" ");
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
  const sound = encoding === "opus" ? "Opus" : `${RATE_HZ[quality] / 1000} kHz`;
  return `${words.qualities[quality]}: ${sound}, ${soundBitsPerS(quality, encoding) / 1000} kbit/s`;
}

/**
 * Say what a quality asks of the connection.
 * @param {Quality} quality
 * @param {Encoding} encoding
 */
export function qualityCost(quality, encoding) {
  return fill(words.qualityCost, { kbits: count(Math.round(sentBitsPerS(quality, encoding) / 1000)) });
}

/**
 * Say how far sound and text have come.
 * @param {Snapshot} snapshot
 * @param {import("./progress.js").TextProgress} text
 */
export function progressText({ phase, rateHz, recorded, received, durable, status, secondsLeft }, { transcribedS, delayS }) {
  if (phase === "idle" || phase === "joining" || recorded === 0) return "";
  const says = words.progress;
  const parts = [
    fill(says.heard, { at: clockText(received / rateHz) }),
    fill(says.saved, { at: clockText(durable / rateHz) }),
    fill(says.transcribed, { at: clockText(transcribedS) }),
  ];
  const isOpen = phase === "recording" || phase === "paused" || phase === "stopping";
  const waitingS = (recorded - received) / rateHz;
  if (isOpen && waitingS >= WAITING_WORTH_A_WORD_S) parts.push(fill(says.waiting, { seconds: Math.round(waitingS) }));
  if (status?.transcription === "unavailable" && isOpen) parts.push(says.unavailable);
  else if (status?.transcription === "delayed" && isOpen) {
    parts.push(fill(says.behind, { seconds: Math.max(1, Math.round(status.behind_ms / 1000)) }));
  } else if (phase === "recording" && delayS !== null) {
    parts.push(fill(says.delay, { seconds: Math.max(1, Math.round(delayS)) }));
  }
  if (isOpen) parts.push(fill(says.left, { time: clockText(secondsLeft) }));
  return parts.join(" · ");
}

/**
 * Say where the reader is among the places of what she looks for; nothing when she looks for nothing.
 * @param {string} wanted
 * @param {{ matches: readonly unknown[], current: number | null }} finding
 */
export function findingText(wanted, { matches, current }) {
  if (wanted.trim() === "") return "";
  return matches.length === 0 ? words.find.none : fill(words.find.place, { number: (current ?? -1) + 1, count: matches.length });
}

/**
 * Name what no page holds any more and the server never had.
 * @param {Range} lost
 * @param {number} rateHz
 */
export function lostText([from, to], rateHz) {
  const seconds = Math.max(0.1, (to - from) / rateHz).toFixed(1);
  return fill(words.lost, { seconds, range: rangeText([from, to], rateHz) });
}

/**
 * Say what was found of a recording whose page is gone.
 * @param {import("./left-behind.js").Note & { isAlive: boolean }} note
 */
export function leftBehindText({ sessionId, recorded, rateHz, isAlive }) {
  const { unsentElsewhere, unsentLost, elsewhere, closed } = words.leftBehind;
  const [running, gone] = sessionId === null ? [unsentElsewhere, unsentLost] : [elsewhere, closed];
  return fill(isAlive ? running : gone, { length: clockText(recorded / rateHz) });
}

/** @param {Range} range @param {number} rateHz */
const rangeText = ([from, to], rateHz) =>
  fill(words.range, { from: clockText(from / rateHz), to: clockText(Math.ceil(to / rateHz)) });

/** @param {readonly Range[]} gaps @param {number} rateHz */
function gapsText(gaps, rateHz) {
  return gaps.length === 0 ? words.receipt.noGaps : gaps.map((gap) => rangeText(gap, rateHz)).join(", ");
}

/** @param {number} number */
const count = (number) => number.toLocaleString(locale());

/**
 * List what became of a recording as pairs of a name and a fact.
 * @param {Receipt} receipt
 * @param {{ rateHz: number, recorded: number, transcribedS: number, lost: Range | null }} recording `recorded`: one
 *   past the last sample that was captured here
 * @returns {[string, string][]}
 */
export function receiptFacts(receipt, { rateHz, recorded, transcribedS, lost }) {
  const says = words.receipt;
  const vouched = receipt.isIdentical ? says.yes : says.no;
  const stored = receipt.samples - receipt.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const isComplete = receipt.transcript === "complete";
  /** @type {[string, string][]} */
  const losses = lost === null ? [] : [[says.lost, rangeText(lost, rateHz)]];
  return [
    [says.record, String(receipt.transcriptionId)],
    [says.duration, clockText(receipt.samples / rateHz)],
    [says.sent, count(recorded)],
    [says.stored, count(stored)],
    [says.transcribed, isComplete ? count(stored) : fill(says.transcribedUpTo, { at: clockText(transcribedS) })],
    [says.missing, gapsText(receipt.gaps, rateHz)],
    ...losses,
    [says.identical, receipt.isIdentical === null ? says.inPartElsewhere : vouched],
    [says.transcript, words.transcripts[receipt.transcript]],
  ];
}
