/** What of a session there is to show, in the page's terms. Pure. */

/** @typedef {import("./session-types.js").Phase} Phase */
/** @typedef {import("./session-types.js").State} State */
/** @typedef {import("./session-types.js").Notice} Notice */
/** @typedef {import("./session-types.js").Receipt} Receipt */

const BEHIND_S = 4; // acks come within a second; more than this is worth a word
const DURATION_NEAR_S = 120;
const BUFFER_MUCH = 0.5;
/** @type {readonly Notice[]} */
const GRAVEST_FIRST = [
  "ended",
  "sign_in",
  "buffer_full",
  "conflict",
  "busy",
  "buffer_half",
  "duration_reached",
  "duration_near",
  "silence",
];

/**
 * Name the state in which the user sees the session.
 * @param {{ phase: Phase, isAttached: boolean, isKnown: boolean, behindS: number }} session `isKnown`: the
 *   server has opened it
 * @returns {State}
 */
export function stateOf({ phase, isAttached, isKnown, behindS }) {
  switch (phase) {
    case "idle":
    case "joining":
    case "superseded":
    case "stored":
    case "saved":
    case "failed":
      return phase;
    case "stopping":
      return isAttached ? "finishing" : "reconnecting";
    case "recording":
    case "paused":
      if (!isAttached) return isKnown || phase === "paused" ? "reconnecting" : "connecting"; // which says that it records
      if (behindS > BEHIND_S) return "catching_up";
      return phase === "paused" ? "paused" : "live";
  }
}

/**
 * Name what the user must know, the gravest first.
 * @param {ReadonlySet<Notice>} told
 * @param {{ phase: Phase, fullness: number, secondsLeft: number, durationS: number }} session
 * @returns {Notice[]}
 */
export function noticesOf(told, { phase, fullness, secondsLeft, durationS }) {
  const all = new Set(told);
  if (fullness >= BUFFER_MUCH && !told.has("buffer_full")) all.add("buffer_half");
  const isNear = secondsLeft <= Math.min(DURATION_NEAR_S, durationS / 10);
  if (phase === "recording" && isNear) all.add("duration_near");
  return GRAVEST_FIRST.filter((notice) => all.has(notice));
}

/**
 * Say what became of the recording.
 * @param {import("./wire.js").Saved} saved
 * @param {string | null} sha256 of what was captured here
 * @returns {Receipt}
 */
export function receiptOf(saved, sha256) {
  return {
    transcriptionId: saved.transcription_id,
    samples: saved.samples,
    gaps: saved.gaps,
    segments: saved.segments,
    transcript: saved.transcript,
    isIdentical: sha256 === null ? null : sha256 === saved.sha256,
  };
}
