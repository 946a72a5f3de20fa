/**
 * What the views of earlier recordings say, in English; loaded with them. Pure. Hindi has the same keys and `{places}`:
 * languages.test.js holds both to it.
 */

/** @import { ExportFormat, Trouble } from "../records-api.js" */

export const ENGLISH_HISTORY = {
  list: {
    title: "My recordings",
    search: "Search recordings",
    words: "Words in the text",
    from: "From",
    to: "To",
    submit: "Search",
    all: "Show all",
    loading: "Loading",
    none: "There is nothing here yet. What you record appears here by itself.",
    noneFound: "Nothing was found. Try fewer words, or other days.",
    older: "Show older recordings",
    shown: "Recordings shown: {count}",
    shownMore: "Recordings shown: {count}; there are older ones",
    noText: "No text",
    corrected: "Corrected",
    gaps: "Missing sound: {count}",
    deleted: "The recording was deleted.",
  },

  states: {
    recording: "Being recorded",
    pending: "Text being completed",
    incomplete: "Text incomplete",
    complete: "Complete",
    failed: "Failed",
  },

  record: {
    title: "Recording of {date}",
    back: "All recordings",
    loading: "Loading the recording",
    length: "Length {length}",
    number: "Record {number}",
    recording: "This is still being recorded. The text follows here by itself.",
    pending: "The text does not reach the end of the recording yet. It is being completed, and follows here by itself.",
    incomplete: "The text does not reach the end of the recording.",
    failed: "This recording could not be completed.",
    gap: "Nothing was recorded from {from} to {to}.",
    text: "Text",
    noText: "There is no text.",
    noTextYet: "No text yet.",
    hint: "Click a word to hear it. With the keyboard: arrow keys choose a word, Enter plays from it.",
    correct: "Correct",
    correctAt: "Correct the text at {time}",
    correctedBy: "Corrected {at} by {who}",
    you: "you",
    original: "Original",
    restore: "Put the original back",
    kept: "The correction is saved.",
  },

  player: {
    title: "Sound",
    play: "Play",
    pause: "Pause",
    back: "Back 5 s",
    speed: "Speed",
    position: "Position",
    at: "{at} of {length}",
    none: "There is no sound of this recording.",
    later: "The sound can be played once the recording is put together.",
    failed: "The sound could not be played. Check the connection and press Play again.",
    heard: "A recording is running: its microphone may hear what you play.",
  },

  tools: {
    title: "Export, print, delete",
    format: "Export as",
    /** @type {Record<ExportFormat, string>} */
    formats: {
      txt: "Plain text (.txt)",
      docx: "Word (.docx)",
      srt: "Subtitles (.srt)",
      vtt: "Web subtitles (.vtt)",
      json: "Data (.json)",
      fhir: "FHIR R4 (.json)",
    },
    download: "Download",
    downloaded: "Downloaded: {name}",
    print: "Print",
    erase: "Delete",
    ask: "Delete this recording?",
    consequence: "Its sound, its text and all corrections are deleted for good. This cannot be undone.",
    confirm: "Delete for good",
    keep: "Keep it",
    unfinished: "This recording is still being finished. Try to delete it later.",
  },

  /** @type {Record<Trouble, string>} */
  troubles: {
    signed_out: "You are signed out. Sign in again to go on.",
    absent: "There is no such recording. It may have been deleted.",
    not_now: "This is not possible yet. Try again in a moment.",
    refused: "The server could not do this. Reload the page and try again.",
    forbidden: "This is not allowed here.",
    busy: "The service has too much to do at the moment. Wait some seconds and try again.",
    unavailable: "Your recordings cannot be reached right now. Try again in a moment.",
    unreachable: "The server cannot be reached. Check the connection and try again.",
  },
  retry: "Try again",
  signIn: "Sign in again",
};

/** @typedef {typeof ENGLISH_HISTORY} HistoryWords */
