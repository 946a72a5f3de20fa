/**
 * What the page says to the server and what it hears, as JSON text. Pure: no socket, no clock, no DOM.
 *
 * The protocol is described in contract/README.md; contract/wire_examples.json holds a message of every kind,
 * which the tests of this file and of the server's both read.
 */

import { toBase64 } from "./base64.js";
import { crc32 } from "./crc32.js";

export const PROTOCOL = 1;
export const MESSAGE_BYTES = 32_000; // API Gateway closes the connection over 32 KB
export const NO_SEGMENT = -1; // `last_segment` before the first final

/** The rate of a PCM session's clock, in samples per second. */
export const RATE_HZ = Object.freeze({ low: 8000, medium: 16000, high: 48000 });

/** @typedef {keyof typeof RATE_HZ} Quality */
/** @typedef {"pcm" | "opus"} Encoding */
/** @typedef {[from: number, to: number]} Range samples [from, to) */

/**
 * @typedef {object} Limits
 * @property {number} idle_s
 * @property {number} duration_s
 * @property {number} buffer_bytes
 * @property {number} message_bytes
 * @property {number} messages_per_s
 */
/** @typedef {{ session_id: string, epoch: number }} AboutSession */
/** @typedef {AboutSession & { type: "ready", ref: string | null, next_offset: number, limits: Limits }} Ready */
/** @typedef {AboutSession & { type: "ack", received: number, durable: number }} Ack */
/** @typedef {AboutSession & { type: "nack", missing: Range[] }} Nack */
/**
 * @typedef {AboutSession & { type: "partial", segment: number, revision: number, start_ms: number,
 *   end_ms: number, text: string, speaker: string | null }} Partial
 */
/**
 * @typedef {object} Item
 * @property {string} text
 * @property {"word" | "punctuation"} kind
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {number | null} confidence
 * @property {string | null} speaker
 */
/**
 * A personal detail.
 * @typedef {{ text: string, category: string, start_ms: number, end_ms: number, confidence: number }} Entity
 */
/**
 * @typedef {AboutSession & { type: "final", segment: number, start_ms: number, end_ms: number, text: string,
 *   stream: number, speaker: string | null, items: Item[], entities: Entity[] }} Final `stream`: labels of speakers
 *   compare within one
 */
/** @typedef {"live" | "delayed" | "parked" | "unavailable"} Transcription */
/** @typedef {AboutSession & { type: "status", transcription: Transcription, behind_ms: number }} Status */
/**
 * @typedef {AboutSession & { type: "warning", message: string,
 *   code: "duration_near" | "buffer_half" | "auth_expiring" | "silence" }} Warning
 */
/** @typedef {AboutSession & { type: "moved" }} Moved */
/** @typedef {{ type: "renewed", ref: string | null, expires_in_s: number }} Renewed */
/** @typedef {AboutSession & { type: "stored", samples: number, sha256: string }} Stored */
/**
 * @typedef {AboutSession & { type: "saved", transcription_id: number, samples: number, sha256: string,
 *   segments: number, gaps: Range[], transcript: "complete" | "pending" | "incomplete" }} Saved
 */
/**
 * @typedef {{ type: "error", session_id: string | null, epoch?: number, ref: string | null, code: string,
 *   message: string, retryable: boolean, retry_after_s: number | null }} ErrorMessage
 */
/**
 * @typedef {Ready | Ack | Nack | Partial | Final | Status | Warning | Moved | Renewed | Stored | Saved |
 *   ErrorMessage} ServerMessage
 */

/**
 * Give the rate of a session's clock; that of Opus is always the highest.
 * @param {{ quality: Quality, encoding?: Encoding }} choices
 */
export const rateHz = ({ quality, encoding }) => RATE_HZ[encoding === "opus" ? "high" : quality];

/**
 * Ask for a session; the same request may be repeated.
 * @param {{ requestId: string, quality: Quality, client: string, specialty: string, conversation: string,
 *   encoding?: Encoding }} request
 */
export function start({ requestId, quality, client, specialty, conversation, encoding = "pcm" }) {
  return JSON.stringify({
    type: "start",
    id: requestId,
    protocol: PROTOCOL,
    request_id: requestId,
    encoding,
    quality,
    sample_rate: rateHz({ quality, encoding }),
    client,
    specialty,
    conversation,
    ...(conversation === "CONVERSATION" ? { speaker_labels: true } : {}), // in a dictation there is one voice
  });
}

/**
 * Carry audio from the sample `offset` on.
 * @param {string} sessionId
 * @param {number} offset
 * @param {Uint8Array} bytes
 */
export function audio(sessionId, offset, bytes) {
  return JSON.stringify({
    type: "audio",
    session_id: sessionId,
    offset,
    crc32: crc32(bytes),
    data: toBase64(bytes),
  });
}

const AUDIO_ENVELOPE_BYTES = 256; // an audio message without its data is shorter, whatever its numbers

/**
 * Tell how many bytes of audio fit into one message.
 * @param {number} messageBytes
 */
export function audioBytesWithin(messageBytes) {
  return Math.floor((messageBytes - AUDIO_ENVELOPE_BYTES) / 4) * 3; // base64: 4 characters for 3 bytes
}

/**
 * Attach this connection to a session. `haveFrom` is the oldest sample still held, null for none.
 * @param {{ id: string, sessionId: string, client: string, haveFrom: number | null, lastSegment: number }} resume
 */
export function resume({ id, sessionId, client, haveFrom, lastSegment }) {
  return JSON.stringify({
    type: "resume",
    id,
    session_id: sessionId,
    client,
    have_from: haveFrom,
    last_segment: lastSegment,
  });
}

/** Let the recogniser rest. @param {string} sessionId */
export function pause(sessionId) {
  return JSON.stringify({ type: "pause", session_id: sessionId });
}

/**
 * Finish. Null: the end is what the server has; the hash is not compared.
 * @param {string} sessionId
 * @param {number | null} endOffset
 * @param {string | null} sha256
 */
export function stop(sessionId, endOffset, sha256) {
  return JSON.stringify({ type: "stop", session_id: sessionId, end_offset: endOffset, sha256 });
}

/** Give this connection a fresh authorisation. @param {string} id @param {string} ticket */
export function renew(id, ticket) {
  return JSON.stringify({ type: "renew", id, ticket });
}

/** Say that the page is still here. @param {string} sessionId */
export function ping(sessionId) {
  return JSON.stringify({ type: "ping", session_id: sessionId });
}

/** @param {unknown} value */
const isText = (value) => typeof value === "string";
/** @param {unknown} value */
const isNumber = (value) => typeof value === "number";
/** @param {unknown} value */
const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
/** @param {unknown} value */
const areRanges = (value) =>
  Array.isArray(value) && value.every((range) => Array.isArray(range) && range.length === 2 && range.every(isCount));
/** @param {any} value */
const areLimits = (value) =>
  isCount(value?.duration_s) && isCount(value?.message_bytes) && isCount(value?.messages_per_s);

/** @type {Record<string, Record<string, (value: unknown) => boolean>>} */
const ABOUT_SESSION = {
  ready: { next_offset: isCount, limits: areLimits },
  ack: { received: isCount, durable: isCount },
  nack: { missing: areRanges },
  partial: { segment: isCount, revision: isCount, start_ms: isNumber, end_ms: isNumber, text: isText },
  final: { segment: isCount, start_ms: isNumber, end_ms: isNumber, text: isText, items: Array.isArray },
  status: { transcription: isText, behind_ms: isNumber },
  warning: { code: isText, message: isText },
  moved: {},
  stored: { samples: isCount, sha256: isText },
  saved: { transcription_id: isCount, samples: isCount, sha256: isText, segments: isCount, gaps: areRanges },
};
/** @type {typeof ABOUT_SESSION} */
const ABOUT_ALL = {
  renewed: { expires_in_s: isNumber },
  error: { code: isText, message: isText },
};

/**
 * Read a message of the server's. Null is what the page takes for lost: API Gateway's own frames, which have no
 * `type`, and anything else that is no message of this protocol.
 * @param {unknown} text
 * @returns {ServerMessage | null}
 */
export function parseServerMessage(text) {
  if (typeof text !== "string") return null;
  /** @type {any} what a stranger sent, until the fields below have been seen */
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isText(message?.type)) return null;
  const ofSession = Object.hasOwn(ABOUT_SESSION, message.type);
  if (!ofSession && !Object.hasOwn(ABOUT_ALL, message.type)) return null;
  if (ofSession && !(isText(message.session_id) && isCount(message.epoch))) return null;
  const fields = ofSession ? ABOUT_SESSION[message.type] : ABOUT_ALL[message.type];
  return Object.entries(fields).every(([name, holds]) => holds(message[name])) ? message : null;
}
