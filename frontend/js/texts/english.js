/**
 * Everything the page says, in English. Pure.
 *
 * Hindi has the same keys, and every sentence the same `{places}`: the types and texts.test.js hold both to it. What
 * stands in the HTML is here too, under `page`: its elements name their key in `data-text` or `data-label`.
 */

/** @import { Trouble } from "../microphone-trouble.js" */
/** @import { Notice, State } from "../session-types.js" */

export const ENGLISH = {
  page: {
    title: "Live transcription · SEVA Arogya",
    heading: "Live transcription",
    places: "Views",
    recordings: "My recordings",
    signOut: "Sign out everywhere",
    signInAgain: "Sign in again",
    takeOver: "Go on in this page",
    signIn: "Sign in",
    welcome: "Speak, and read along. The recording is stored safely while you speak.",
    speakEnglish: "Speech must be English.",
    leftBehind: "Unfinished recording",
    reopen: "Resume here",
    finish: "Finish and save",
    forget: "Dismiss",
    recorder: "Recording",
    recordedTime: "Recorded time",
    level: "Level",
    controls: "Recording controls",
    stop: "Stop and save",
    microphone: "Microphone",
    settings: "Settings of the next recording",
    specialty: "Specialty",
    primaryCare: "Primary care",
    cardiology: "Cardiology",
    neurology: "Neurology",
    oncology: "Oncology",
    radiology: "Radiology",
    urology: "Urology",
    kindOfSpeech: "Kind of speech",
    dictation: "Dictation, one voice",
    conversation: "Conversation",
    quality: "Sound quality",
    lossless: "Lossless: every sample as it is",
    remembered: "These settings are remembered in this browser.",
    receipt: "Saved",
    openRecord: "Play, correct or export it",
    transcript: "Transcript",
    empty: "What you say appears here.",
    marks: "Marks in the text",
    details: "Mark personal details of the patient",
    newest: "To the newest text",
  },

  /** @type {Record<State, string>} */
  states: {
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
  },
  signedOut: "Signed out",

  buttons: {
    start: "Start",
    startNew: "New recording",
    pause: "Pause",
    resume: "Resume",
    check: "Check microphone",
    checkEnd: "End the check",
    copy: "Copy text",
    copied: "Copied",
    copyByHand: "Text selected: copy it with Ctrl+C or ⌘C",
  },

  /** @type {Record<Notice, string>} */
  notices: {
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
  },
  takenOver: "Another page has taken over this session, and this one records no more. You can go on here instead.",
  lost: "About {seconds} s of sound did not reach the server and are lost: {range} as the timer then stood.",

  problems: {
    encoder:
      "The browser could not compress the sound. The recording is paused and safe: stop it, choose Lossless, and start a new one.",
    page: "The page could not be set up. Check the connection and reload it.",
    signIn: "Signing in did not work. Please try again.",
    signInBlocked: "The browser blocked the sign-in window. Allow it beside the address and try again.",
    signOut: "You may still be signed in elsewhere: signing out everywhere did not work. Please try again.",
    signOutNeedsSignIn: "Your sign-in has expired. Reload the page, sign in, and sign out everywhere then.",
  },

  /** Why a session cannot go on. */
  failures: {
    notFound: "The server no longer knows this session.",
    oldPage: "This page is older than the server. Reload it.",
    refused: "The server refused the session.",
    unsaved: "The audio that was not yet stored cannot be sent any more.",
    startNew: "Start a new recording.",
  },

  /** @type {Record<Trouble, string>} */
  microphoneTroubles: {
    insecure: "Browsers give the microphone to secure pages only. Open this page by its https:// address.",
    blocked_chromium:
      "The microphone is blocked for this page. Click the icon at the left end of the address, switch Microphone on, and try again.",
    blocked_firefox:
      "The microphone is blocked for this page. Click the crossed-out microphone beside the address, clear the block, and try again.",
    blocked_safari:
      "The microphone is blocked for this page. Choose Safari › Settings for This Website, set Microphone to Allow, and try again.",
    blocked_safari_touch:
      "The microphone is blocked for this page. Tap the icon in the address bar, then Website Settings, allow the microphone, and try again.",
    blocked_other:
      "The microphone is blocked for this page. Allow it in the browser's settings of this site, and try again.",
    dismissed: "The browser asked for the microphone and got no answer. Try again, and choose Allow.",
    blocked_by_system:
      "The system keeps the microphone from this browser. Allow it in the privacy settings of your computer or phone, and try again.",
    missing: "No microphone was found. Connect one, and try again.",
    taken:
      "The microphone is in use by another program. Close it there, or choose another microphone, and try again.",
    unknown: "The microphone could not be started. Reload the page and try again.",
  },

  /** @type {Record<import("../microphone.js").Loss | "taken", string>} */
  microphoneLosses: {
    ended: "{microphone} is gone.",
    muted: "{microphone} was muted by the system or taken by another program.",
    stalled: "{microphone} stopped giving sound.",
    taken: "{microphone} is in use by another program.",
  },
  microphoneChanges: {
    unnamed: "The microphone",
    named: "The microphone “{label}”",
    moved: "“{label}” is used instead.",
    movedAt: "Recording goes on; at {at} a moment may be missing.",
    none: "Connect a microphone, and try again.",
    pausedAt: "The recording is paused at {at}, and safe: connect a microphone or free it, then press Resume.",
  },
  anyMicrophone: "The browser's choice",

  /** @type {Record<import("../hearing.js").Verdict, string>} */
  hearing: {
    waiting: "Say something.",
    dead: "No sound at all: is the microphone muted?",
    quiet: "We hear no speech at the moment.",
    speech: "We hear you.",
  },
  /** @type {Record<import("../progress.js").SoundNotice, string>} */
  soundNotices: {
    dead: "The microphone gives no sound at all. Is it muted, or switched off?",
    no_text: "We hear speech but get no text. Recording goes on; the sound is kept. Only English is recognised.",
    no_speech: "We hear nothing: check the microphone.",
  },

  qualities: { low: "Low", medium: "Medium", high: "High" },
  qualityCost: "Sends {kbits} kbit/s while recording.",

  /** Parts of one line, in this order. */
  progress: {
    heard: "Heard {at}",
    saved: "saved {at}",
    transcribed: "transcribed {at}",
    waiting: "{seconds} s wait in this page to be sent",
    unavailable: "no text at the moment: recording goes on, text follows",
    behind: "text {seconds} s behind: recording goes on, text follows",
    delay: "text comes after {seconds} s",
    left: "{time} left",
  },
  range: "{from} to {to}",

  /** What was found of a recording whose page is gone, or is another. */
  leftBehind: {
    unsentElsewhere: "Another tab records and has not reached the server yet, {length} so far. Go on there.",
    unsentLost: "A page was closed before it had reached the server. What it had recorded, {length}, is lost.",
    elsewhere: "A recording runs in another tab, {length} so far. You can go on with it here; the other tab then stops.",
    closed:
      "A page was closed during a recording, at {length}. What had reached the server is safe: go on with it, or finish it.",
  },

  receipt: {
    record: "Record",
    duration: "Duration",
    sent: "Samples sent",
    stored: "Samples stored",
    transcribed: "Samples transcribed",
    transcribedUpTo: "up to {at}",
    missing: "Missing sound",
    noGaps: "0 gaps",
    lost: "Lost before it was sent",
    identical: "Stored as captured",
    yes: "Yes",
    no: "No",
    inPartElsewhere: "Recorded in part elsewhere",
    transcript: "Transcript",
  },
  transcripts: { complete: "Complete", pending: "Being completed", incomplete: "Incomplete" },

  /** Marks on words of the text. */
  review: {
    legend: "Underlined: heard with doubt, please check.",
    doubt: "{kind}, {percent} % sure: please check.",
    /** @type {Record<import("../review.js").Kind, string>} */
    kinds: {
      drug: "Drug name",
      dose: "Dose",
      unit: "Unit",
      number: "Number",
      negation: "Negation",
      side: "Side",
    },
    detailsLegend: "Framed: personal detail.",
    /** By the category; Transcribe Medical has this one alone. */
    categories: { PHI: "Personal detail" },
    notWhileRecording: "Pause to hear it: sound from a loudspeaker would be recorded too.",
    tooOld: "This page no longer holds that sound. It can be heard once the recording is saved.",
    unreachable: "The recording cannot be played yet. Try again in a moment.",
  },
  speakers: {
    speaker: "Speaker {number}",
    anew: "From here on, speakers are numbered anew.",
  },
  find: {
    field: "Find in the text",
    place: "{number} of {count}",
    none: "Not found",
    next: "Next place",
    previous: "Previous place",
  },
  correcting: {
    correct: "Correct the text at {at}",
    field: "Text at {at}",
    save: "Save",
    again: "Try again",
    leave: "Cancel",
    keys: "Enter saves, Escape cancels.",
    saving: "Saving",
    corrected: "Corrected",
    struckOut: "Struck out",
    showHeard: "Show what was heard",
    hideHeard: "Hide what was heard",
    conflict: "It was corrected elsewhere meanwhile: “{theirs}”. Save again to put yours in its place.",
    unsaved: "A correction is not saved yet: save or cancel it first.",
    /** @type {Record<import("../records-api.js").Trouble, string>} */
    troubles: {
      signed_out: "You are signed out. Your text is kept here: sign in again, then try again.",
      absent: "The server does not have this record yet. Your text is kept here: try again in a moment.",
      not_now: "It was corrected elsewhere meanwhile. Your text is kept here: try again.",
      refused: "The server does not take this text. It is kept here: shorten or change it.",
      forbidden: "This may not be corrected. Your text is kept here.",
      busy: "The server is busy. Your text is kept here: try again in a moment.",
      unavailable: "The server cannot save it at the moment. Your text is kept here: try again.",
      unreachable: "The server could not be reached. Your text is kept here: try again.",
    },
  },
};

/** @typedef {typeof ENGLISH} Words */
