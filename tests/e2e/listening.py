"""What a page's player sounds and marks, told from the very samples of counter audio."""

from __future__ import annotations

from typing import Final

# What is heard and which word is marked, frame by frame from the first that sounds, for some words.
WATCH: Final = """
(within) => new Promise((resolve, reject) => {
  const audio = document.querySelector("audio");
  const seen = [];
  const giveUpAt = performance.now() + within;
  const look = () => {
    const words = [...document.querySelectorAll(".said .word")];
    if (!audio.paused && !audio.seeking && audio.readyState > 2) {
      seen.push([audio.currentTime, words.findIndex((word) => word.classList.contains("now"))]);
    }
    if (seen.length && audio.currentTime > seen[0][0] + 1.4) resolve(seen);
    else if (performance.now() > giveUpAt) reject(new Error("nothing sounds"));
    else requestAnimationFrame(look);
  };
  look();
})
"""


# Which frame of counter audio sounds first, wherever the element was told to go: read from the very samples.
# The thread of the sound hears them: that of a busy page would miss the first.
LISTEN: Final = """
async ([url, times]) => {
  const hearing = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([channels]) {
      if (channels.length) this.port.postMessage(channels[0].slice());
      return true;
    }
  });`;
  const module = URL.createObjectURL(new Blob([hearing], { type: "text/javascript" }));
  const frames = [];
  for (const time of times) {
    const context = new AudioContext({ sampleRate: 16000 }); // a used ear still holds what it heard
    await context.audioWorklet.addModule(module);
    const ear = new AudioWorkletNode(context, "ear");
    ear.connect(context.destination);
    const audio = new Audio();
    audio.crossOrigin = "anonymous";
    audio.src = url;
    await new Promise((resolve) => (audio.onloadedmetadata = resolve));
    audio.currentTime = time;
    await new Promise((resolve) => (audio.onseeked = resolve));
    const samples = [];
    ear.port.onmessage = ({ data }) => samples.push(...data);
    context.createMediaElementSource(audio).connect(ear);
    await audio.play();
    let mark;
    do {
      await new Promise((resolve) => setTimeout(resolve, 10));
      mark = samples.findIndex((value) => value > 0.7); // and then the frame's number, in two samples
    } while (mark < 0 || samples.length < mark + 3);
    audio.pause();
    await context.close();
    const [low, high] = samples.slice(mark + 1, mark + 3).map((value) => Math.round(value * 32768));
    frames.push(low + high * 32768);
  }
  return frames;
}
"""

# So busy a page that it hears late that an address has begun to answer: the element plays without it by then.
HEAR_LATE: Final = """
() => document.addEventListener("loadedmetadata", (event) => {
  if (!event.isTrusted) return;
  event.stopImmediatePropagation();
  setTimeout(() => event.target.dispatchEvent(new Event("loadedmetadata")), 300);
}, true)
"""
