/** The life of a session in the page, as one table. Pure. */

/** @typedef {import("./session-types.js").Phase} Phase */
/** @typedef {"begin" | "reopen" | "join" | "join_to_stop" | "pause" | "unpause" | "stop" | "supersede" |
 *   "take_over" | "store" | "save" | "fail"} Step */

const ENDINGS = /** @type {const} */ ({ store: "stored", save: "saved", fail: "failed" });

/** Which step leads from which phase to which; a step that is not here changes nothing. */
export const PHASES = Object.freeze(
  /** @type {Record<Phase, Partial<Record<Step, Phase>>>} */ ({
    idle: { begin: "recording", reopen: "joining" },
    joining: { join: "recording", join_to_stop: "stopping", supersede: "superseded", ...ENDINGS },
    recording: { pause: "paused", stop: "stopping", supersede: "superseded", ...ENDINGS },
    paused: { unpause: "recording", stop: "stopping", supersede: "superseded", ...ENDINGS },
    stopping: { supersede: "superseded", ...ENDINGS },
    superseded: { take_over: "joining", ...ENDINGS },
    stored: { save: "saved" },
    saved: {},
    failed: {},
  }),
);

/**
 * Whether audio may be sent: it is all here, and the session is this page's.
 * @param {Phase} phase
 */
export const isSending = (phase) => phase === "recording" || phase === "paused" || phase === "stopping";

/**
 * Whether a connection is wanted: audio or an end is on its way, or the place to go on from has yet to be heard.
 * @param {Phase} phase
 */
export const isConnected = (phase) => isSending(phase) || isEnding(phase) || phase === "joining";

/**
 * Whether the session's end has been asked for and its record has not come.
 * @param {Phase} phase
 */
export const isEnding = (phase) => phase === "stopping" || phase === "stored";
