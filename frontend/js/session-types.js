/** What happens to a session, what it asks for, and what it shows. Types only. */

/**
 * @typedef {{ quality: import("./wire.js").Quality, specialty: string, conversation: string,
 *   encoding?: import("./wire.js").Encoding }} Choices
 */

/**
 * What the user does, what the microphone gives, what connections do, and time going by. `connection` is the
 * number that the `connect` effect gave.
 * @typedef {{ kind: "begin" }
 *   | { kind: "captured", bytes: Uint8Array }
 *   | { kind: "pause" }
 *   | { kind: "unpause" }
 *   | { kind: "stop" }
 *   | { kind: "take_over" }
 *   | { kind: "opened", connection: number }
 *   | { kind: "closed", connection: number, isSignedOut?: boolean }
 *   | { kind: "heard", connection: number, message: import("./wire.js").ServerMessage | null }
 *   | { kind: "ticket", ticket: string }
 *   | { kind: "ticket_failed", isSignedOut: boolean }
 *   | { kind: "retry" }
 *   | { kind: "tick" }} SessionEvent
 */

/**
 * What the shell is to do. `fetch_ticket` is answered by the event `ticket` or `ticket_failed`; `connect` by
 * `opened`, and sooner or later by `closed`, for whatever reason.
 * @typedef {import("./links.js").LinkEffect
 *   | { kind: "send", connection: number, text: string }
 *   | { kind: "fetch_ticket" }
 *   | { kind: "microphone", isOn: boolean }} SessionEffect
 */

/**
 * `joining`: another page has recorded here, this one before it was closed perhaps, and the server has yet to say
 * how far it has come; what would be captured meanwhile would have no place.
 * @typedef {"idle" | "joining" | "recording" | "paused" | "stopping" | "superseded" | "stored" | "saved" | "failed"} Phase
 */

/**
 * @typedef {"idle" | "joining" | "connecting" | "live" | "catching_up" | "reconnecting" | "paused" | "finishing" |
 *   "superseded" | "stored" | "saved" | "failed"} State
 */

/**
 * What the user must know, the gravest first.
 * @typedef {"ended" | "sign_in" | "buffer_full" | "conflict" | "busy" | "buffer_half" | "duration_reached" |
 *   "duration_near" | "silence"} Notice
 */

/**
 * What became of the recording.
 * @typedef {object} Receipt
 * @property {number} transcriptionId
 * @property {number} samples stored by the server
 * @property {import("./wire.js").Range[]} gaps
 * @property {number} segments
 * @property {"complete" | "pending" | "incomplete"} transcript
 * @property {boolean | null} isIdentical whether the stored bytes are those captured here; null: not known
 */

/**
 * A session that a closed page has left behind: its id, and how many samples that page had captured.
 * @typedef {{ sessionId: string, recorded: number }} LeftBehind
 */

/**
 * @typedef {object} Snapshot
 * @property {Phase} phase
 * @property {State} state
 * @property {string | null} sessionId
 * @property {number} rateHz
 * @property {number} recorded samples captured
 * @property {number} received samples that the server has heard
 * @property {number} durable samples that are stored
 * @property {import("./wire.js").Range | null} lost samples that were captured and that no page holds any more
 * @property {boolean} hasUnsaved whether closing the page would lose audio
 * @property {number} secondsLeft until the longest recording allowed
 * @property {readonly import("./wire.js").Final[]} finals
 * @property {import("./wire.js").Partial | null} partial
 * @property {import("./wire.js").Status | null} status of the recogniser
 * @property {Notice[]} notices
 * @property {{ code: string, sentence: string } | null} failure
 * @property {Receipt | null} receipt
 */

export {};
