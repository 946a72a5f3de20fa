/**
 * What a text is corrected, searched, copied and heard again with. Loaded once a session is open: nobody needs it before there is text,
 * and a page that is to record at once should not wait for it.
 */

export { CopyButton } from "./copy-button.js";
export { Corrections } from "./corrections.js";
export { FindField } from "./find-field.js";
export { RecordsApi } from "./records-api.js";
export { Replay } from "./replay.js";
export { SegmentEditor } from "./segment-editor.js";
