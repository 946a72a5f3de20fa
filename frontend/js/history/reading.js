/** A record as it is read from top to bottom: segments, and between them who speaks, and what is missing. Pure. */

import { turnsOf } from "../speakers.js";
import { wordsOf } from "../words.js";

/** @import { Segment, TheRecord } from "../records-api.js" */
/** @import { Word } from "../words.js" */

/** @typedef {{ kind: "speaker", key: string, speaker: string }} SpeakerPart */
/** @typedef {{ kind: "stream", key: string }} StreamPart speakers are numbered anew */
/** @typedef {{ kind: "gap", key: string, fromMs: number, toMs: number }} GapPart */
/** @typedef {{ kind: "segment", key: string, segment: Segment, text: string, words: Word[] }} SegmentPart */
/** @typedef {SpeakerPart | StreamPart | GapPart | SegmentPart} Part */

/** How a segment reads. @param {Segment} segment */
export const textOf = (segment) => segment.corrected_text ?? segment.text;

/**
 * @param {Pick<TheRecord, "segments" | "gaps" | "sample_rate">} record
 * @returns {Part[]}
 */
export function partsOf({ segments, gaps, sample_rate: rateHz }) {
  /** @type {GapPart[]} */
  const missing = gaps.map(([from, to]) => {
    const [fromMs, toMs] = [from, to].map((sample) => (sample * 1000) / (rateHz || 1));
    return { kind: "gap", key: `gap ${from}`, fromMs, toMs };
  });
  /** @type {Part[]} */
  const parts = [];
  /** @type {string | null} */
  let speaker = null;
  let stream = segments[0]?.stream ?? 0;
  for (const segment of segments) {
    while (missing.length > 0 && missing[0].fromMs <= segment.start_ms) parts.push(/** @type {GapPart} */ (missing.shift()));
    const text = textOf(segment);
    const words = wordsOf(segment, text);
    const turns = turnsOf(segment, words);
    const now = turns[0]?.speaker ?? segment.speaker;
    if (segment.stream !== stream && now !== null && speaker !== null) {
      parts.push({ kind: "stream", key: `stream ${segment.segment}` });
      speaker = null;
    }
    stream = segment.stream;
    if (now !== null && now !== speaker) {
      parts.push({ kind: "speaker", key: `speaker ${segment.segment}`, speaker: now });
    }
    speaker = turns.at(-1)?.speaker ?? now ?? speaker;
    parts.push({ kind: "segment", key: `segment ${segment.segment}`, segment, text, words });
  }
  return [...parts, ...missing];
}
