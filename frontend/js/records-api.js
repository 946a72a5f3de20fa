/**
 * Ask the HTTP API for what this user has recorded, as `History` in contract/README.md says. Touches the network;
 * keeps nothing, shows nothing, and never tries again by itself.
 */

import { SignedOut } from "./sign-in.js";

/** @import { Encoding, Final, Quality, Range } from "./wire.js" */

/** @typedef {number | string} RecordId a transcription's number or a session's UUID */
/** @typedef {"IN_PROGRESS" | "COMPLETED" | "FAILED"} RecordStatus */
/** @typedef {"complete" | "pending" | "incomplete"} TranscriptState */

/**
 * @typedef {object} Summary
 * @property {number} transcription_id
 * @property {string | null} session_id
 * @property {string} created_at
 * @property {number | null} duration_s
 * @property {RecordStatus} status
 * @property {TranscriptState | null} transcript
 * @property {Quality | null} quality
 * @property {number} gaps how many
 * @property {string} excerpt
 * @property {boolean} corrected
 */
/** @typedef {{ transcriptions: Summary[], cursor: string | null }} Page */
/** @typedef {{ words?: string, from?: string, to?: string, cursor?: string | null, limit?: number }} Question */

/** @typedef {Pick<Final, "segment" | "start_ms" | "end_ms" | "text" | "stream" | "speaker" | "items" | "entities">} Heard */
/** @typedef {Heard & { corrected_text: string | null }} Segment `corrected_text` stands in the place of `text` */
/** @typedef {{ version: number, segment: number, by: string, at: string }} Version */
/**
 * @typedef {Omit<Summary, "excerpt" | "corrected" | "gaps"> & { gaps: Range[], text: string,
 *   encoding: Encoding | null, sample_rate: number | null, samples: number | null, sha256: string | null,
 *   segments: Segment[], version: number, versions: Version[], has_audio: boolean, may_delete: boolean }} TheRecord
 */
/** @typedef {{ url: string, expires_in: number, content_type: string }} AudioLink `expires_in`: seconds */
/** @typedef {{ segment: number, text: string, baseVersion: number }} Correction */
/** @typedef {"txt" | "srt" | "vtt" | "json" | "docx" | "fhir"} ExportFormat */

/** @type {readonly ExportFormat[]} */
export const EXPORT_FORMATS = Object.freeze(["txt", "docx", "srt", "vtt", "json", "fhir"]);
export const LONGEST_CORRECTION = 5000; // characters

const TIMEOUT_MS = 30_000; // API Gateway itself gives up then

/**
 * Why there is no answer. `signed_out`: only the user can help. `absent`: there is no such thing, or it is somebody
 * else's. `not_now`: it is not as far yet, or has changed meanwhile (then `version` says to what). `refused`: it
 * will never be done as asked. `busy`, `unavailable` and `unreachable`: the same, asked again, may be answered.
 * @typedef {"signed_out" | "absent" | "not_now" | "refused" | "forbidden" | "busy" | "unavailable" | "unreachable"} Trouble
 */

/** The API gave no answer, or not the one that was asked for. */
export class RecordsTrouble extends Error {
  /** @param {Trouble} kind @param {number | null} [version] */
  constructor(kind, version = null) {
    super(kind);
    this.kind = kind;
    this.version = version;
  }
}

/** Every method rejects with `RecordsTrouble`, or with what ended its signal. */
export class RecordsApi {
  #apiUrl;
  #signIn;
  #fetch;

  /**
   * @param {string} apiUrl
   * @param {Pick<import("./sign-in.js").SignIn, "accessToken">} signIn
   * @param {import("./sign-in.js").Fetch} fetch
   */
  constructor(apiUrl, signIn, fetch) {
    this.#apiUrl = apiUrl;
    this.#signIn = signIn;
    this.#fetch = fetch;
  }

  /**
   * Give a page of the list, newest first. `from` is included, `to` is not, both in ISO 8601.
   * @param {Question} question
   * @param {AbortSignal} [signal]
   * @returns {Promise<Page>}
   */
  async list({ words = "", from = "", to = "", cursor = null, limit }, signal) {
    const query = new URLSearchParams();
    if (words !== "") query.set("q", words);
    if (from !== "") query.set("from", from);
    if (to !== "") query.set("to", to);
    if (limit !== undefined) query.set("limit", String(limit));
    if (cursor !== null) query.set("cursor", cursor);
    const asked = String(query);
    return json(await this.#ask("GET", asked === "" ? "" : `?${asked}`, { signal }), signal);
  }

  /**
   * Give everything there is of one.
   * @param {RecordId} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<TheRecord>}
   */
  async read(id, signal) {
    return json(await this.#ask("GET", `/${id}`, { signal }), signal);
  }

  /**
   * Give an address for a media element; `not_now` while the recording is not one file yet, `absent` without one.
   * @param {RecordId} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<AudioLink>}
   */
  async audioUrl(id, signal) {
    return json(await this.#ask("GET", `/${id}/audio`, { signal }), signal);
  }

  /**
   * Say how a segment is to read; an empty text strikes it out. `not_now`: it was corrected elsewhere meanwhile.
   * @param {RecordId} id
   * @param {Correction} correction
   * @returns {Promise<Version & { text: string }>} the text as it is kept
   */
  async correct(id, { segment, text, baseVersion }) {
    const body = JSON.stringify({ segment, text, base_version: baseVersion });
    return json(await this.#ask("PATCH", `/${id}`, { body }));
  }

  /**
   * Delete one with everything of it. `forbidden`: nobody may here; `not_now`: it is not finished yet.
   * @param {RecordId} id
   */
  async erase(id) {
    await this.#ask("DELETE", `/${id}`, {});
  }

  /**
   * Give it as a file.
   * @param {RecordId} id
   * @param {ExportFormat} format
   * @returns {Promise<{ blob: Blob, fileName: string }>}
   */
  async export(id, format) {
    const response = await this.#ask("GET", `/${id}/export?format=${format}`, {});
    const named = /filename="([^"/\\]+)"/.exec(response.headers.get("content-disposition") ?? "");
    const blob = await response.blob().catch(unreachable);
    return { blob, fileName: named?.[1] ?? `transcription-${id}.${format}` };
  }

  /**
   * @param {string} method
   * @param {string} what
   * @param {{ body?: string, signal?: AbortSignal }} how
   */
  async #ask(method, what, { body, signal }) {
    const ends = [AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])];
    let response;
    try {
      const authorization = `Bearer ${await this.#signIn.accessToken()}`;
      response = await this.#fetch(`${this.#apiUrl}/transcriptions${what}`, {
        method,
        headers: body === undefined ? { authorization } : { authorization, "content-type": "application/json" },
        body,
        signal: AbortSignal.any(ends),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new RecordsTrouble(error instanceof SignedOut ? "signed_out" : "unreachable");
    }
    if (!response.ok) throw new RecordsTrouble(trouble(response.status), await currentVersion(response));
    return response;
  }
}

/** @param {number} status @returns {Trouble} */
function trouble(status) {
  switch (status) {
    case 401:
      return "signed_out";
    case 403:
      return "forbidden";
    case 404:
      return "absent";
    case 409:
      return "not_now";
    case 429:
      return "busy";
    default:
      return status >= 500 ? "unavailable" : "refused";
  }
}

/** @param {Response} response */
async function currentVersion(response) {
  const body = response.status === 409 ? await response.json().catch(() => null) : null;
  return typeof body?.version === "number" ? body.version : null;
}

/** @returns {never} */
function unreachable() {
  throw new RecordsTrouble("unreachable");
}

/** @param {Response} response @param {AbortSignal} [signal] @returns {Promise<any>} */
function json(response, signal) {
  return response.json().catch(() => {
    signal?.throwIfAborted();
    return unreachable();
  });
}
