/** Which microphone is open, whatever happens to it; what helps when none can be had; the screen that stays on. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ANY_DEVICE, devicesAfter, microphonesAmong, rememberedDevice } from "../js/device-choice.js";
import { browserKind, troubleOf } from "../js/microphone-trouble.js";
import { Microphone } from "../js/microphone.js";
import { WakeLock } from "../js/wake-lock.js";

const HEADSET = { deviceId: "h", label: "Headset" };
const BUILT_IN = { deviceId: "b", label: "Built-in" };
const NONE = { deviceId: ANY_DEVICE, label: "" };
const listed = (devices) => devices.map((device) => ({ kind: "audioinput", ...device }));
const failing = (name) => Object.assign(new Error(name), { name });

/** A desk with microphones on it, and a clock moved by hand. */
class Desk {
  devices = [HEADSET, BUILT_IN];
  open = [];
  changes = [];
  heard = [];
  refused = new Map();
  clock = 0;
  #due = [];
  microphone = new Microphone({
    open: async (settings) => this.#open(settings),
    list: async () => listed(this.devices),
    onBatch: (bytes) => this.heard.push(bytes),
    onChange: (change) => this.changes.push(change),
    now: () => this.clock,
    later: (act, ms) => this.#due.push({ at: this.clock + ms, act }),
  });

  #open({ deviceId, onBatch, onTrouble }) {
    const device = this.devices.find((one) => deviceId === ANY_DEVICE || one.deviceId === deviceId);
    if (device === undefined) throw failing("NotFoundError");
    if (this.refused.has(device.deviceId)) throw failing(this.refused.get(device.deviceId));
    const capture = {
      device, onBatch, onTrouble, isOn: true, isOpen: true, woken: 0,
      setOn: (isOn) => (capture.isOn = isOn),
      wake: () => (capture.woken += 1),
      close: () => (capture.isOpen = false),
    };
    this.open.push(capture);
    return capture;
  }

  get last() {
    return this.open.at(-1);
  }

  get live() {
    return this.open.filter(({ isOpen }) => isOpen).map(({ device }) => device.label);
  }

  unplug(device) {
    this.devices = this.devices.filter((one) => one !== device);
    this.last.onTrouble("ended");
    return settled();
  }

  pass(ms) {
    this.clock += ms;
    for (const { act } of this.#due.filter(({ at }) => at <= this.clock)) act();
    this.#due = this.#due.filter(({ at }) => at > this.clock);
    return settled();
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the microphone of the last time is opened again, by its id or by its name", async () => {
  for (const wanted of [BUILT_IN, { deviceId: "changed", label: "Built-in" }]) {
    const desk = new Desk();
    await desk.microphone.open(16_000, wanted);

    assert.deepEqual(desk.live, ["Built-in"]);
  }
  assert.equal(rememberedDevice([HEADSET], BUILT_IN), ANY_DEVICE);
});

test("aliases and devices without a name are not offered", () => {
  const devices = [
    { kind: "audioinput", deviceId: "default", label: "Default - Headset" }, { kind: "audioinput", ...HEADSET },
    { kind: "audioinput", deviceId: "", label: "" }, { kind: "audiooutput", deviceId: "s", label: "Speaker" },
  ];

  assert.deepEqual(microphonesAmong(devices), [HEADSET]);
  assert.deepEqual(devicesAfter([HEADSET, BUILT_IN], "h"), [BUILT_IN, HEADSET]);
});

test("a microphone that another program holds is replaced by one that is free, and that is told", async () => {
  const desk = new Desk();
  desk.refused.set("h", "NotReadableError");
  await desk.microphone.open(16_000, HEADSET);

  assert.deepEqual(desk.live, ["Built-in"]);
  assert.deepEqual(desk.changes, [{ kind: "moved", why: "taken", from: "Headset", to: "Built-in" }]);
});

test("when permission is denied no other is asked for", async () => {
  const desk = new Desk();
  desk.refused.set("h", "NotAllowedError");

  await assert.rejects(desk.microphone.open(16_000, HEADSET), { name: "NotAllowedError" });
  assert.deepEqual([desk.open.length, desk.microphone.isOpen], [0, false]);
});

test("a microphone that vanishes is followed by another, which hears or not as the first did", async () => {
  const desk = new Desk();
  await desk.microphone.open(16_000, HEADSET);
  const first = desk.last;
  desk.microphone.setOn(false);
  await desk.unplug(HEADSET);
  desk.last.onBatch("new", 0);
  first.onBatch("old", 0);

  assert.deepEqual([desk.live, desk.last.isOn], [["Built-in"], false]);
  assert.deepEqual(desk.changes, [{ kind: "moved", why: "ended", from: "Headset", to: "Built-in" }]);
  assert.deepEqual(desk.heard, ["new"]);
});

test("the last microphone that vanishes is told, and everything is closed", async () => {
  const desk = new Desk();
  desk.devices = [HEADSET];
  await desk.microphone.open(16_000, NONE);
  await desk.unplug(HEADSET);

  assert.deepEqual([desk.live, desk.microphone.isOpen], [[], false]);
  assert.deepEqual(desk.changes, [{ kind: "lost", why: "ended", from: "Headset" }]);
});

test("a moment of mute is waited out; a lasting one is a loss", async () => {
  const desk = new Desk();
  await desk.microphone.open(16_000, HEADSET);
  desk.last.onTrouble("muted");
  await desk.pass(1000);
  desk.last.onTrouble("unmuted");
  await desk.pass(1000);
  assert.deepEqual(desk.changes, []);
  desk.last.onTrouble("muted");
  await desk.pass(1600);

  assert.deepEqual(desk.changes.map(({ kind, why }) => [kind, why]), [["moved", "muted"]]);
});

test("a microphone that falls silent without a word is opened again", async () => {
  const desk = new Desk();
  desk.devices = [HEADSET];
  await desk.microphone.open(16_000, HEADSET);
  const stalled = desk.last;
  await desk.pass(2500);
  stalled.onBatch("still here", 0);
  await desk.pass(2500);
  desk.microphone.check();
  await settled();
  assert.equal(desk.open.length, 1);
  await desk.pass(1000);
  desk.microphone.check();
  await desk.pass(1000);

  assert.deepEqual([stalled.woken, stalled.isOpen, desk.live], [1, false, ["Headset"]]);
});

test("a page that stood still itself hears what has waited for it, and keeps its microphone", async () => {
  const desk = new Desk();
  await desk.microphone.open(16_000, HEADSET);
  await desk.pass(20_000);
  desk.microphone.check();
  desk.last.onBatch("waited", 0);
  await desk.pass(1000);

  assert.deepEqual([desk.open.length, desk.heard], [1, ["waited"]]);
});

test("a chosen microphone takes over only when it is there", async () => {
  const desk = new Desk();
  await desk.microphone.open(16_000, HEADSET);
  desk.refused.set("b", "NotReadableError");
  await assert.rejects(desk.microphone.use("b"));
  assert.deepEqual(desk.live, ["Headset"]);
  desk.refused.clear();
  await desk.microphone.use("b");

  assert.deepEqual(desk.live, ["Built-in"]);
});

test("what is closed while it opens stays closed", async () => {
  const desk = new Desk();
  const opening = desk.microphone.open(16_000, HEADSET);
  await Promise.resolve();
  await Promise.resolve();
  desk.microphone.close();
  await opening;

  assert.deepEqual([desk.live, desk.microphone.isOpen], [[], false]);
});

test("an open microphone is kept for the same rate and opened anew for another", async () => {
  const desk = new Desk();
  await desk.microphone.open(16_000, HEADSET);
  await desk.microphone.open(16_000, HEADSET);
  assert.equal(desk.open.length, 1);
  await desk.microphone.open(48_000, HEADSET);

  assert.deepEqual([desk.open.length, desk.live], [2, ["Headset"]]);
});

test("what keeps the microphone from opening is named so that it can be mended", () => {
  const facts = { errorName: "NotAllowedError", permission: "denied", isSecure: true, browser: "firefox" };

  assert.equal(troubleOf(facts), "blocked_firefox");
  assert.equal(troubleOf({ ...facts, permission: null, browser: "safari" }), "blocked_safari");
  assert.equal(troubleOf({ ...facts, permission: "prompt" }), "dismissed");
  assert.equal(troubleOf({ ...facts, permission: "granted" }), "blocked_by_system");
  assert.equal(troubleOf({ ...facts, isSecure: false }), "insecure");
  assert.equal(troubleOf({ ...facts, errorName: "NotFoundError" }), "missing");
  assert.equal(troubleOf({ ...facts, errorName: "NotReadableError" }), "taken");
  assert.equal(troubleOf({ ...facts, errorName: "toString" }), "unknown");
});

test("browsers are told apart by what they have", () => {
  assert.equal(browserKind({ mozInnerScreenX: 0 }), "firefox");
  assert.equal(browserKind({ GestureEvent: 1 }), "safari");
  assert.equal(browserKind({ GestureEvent: 1, ontouchend: null }), "safari_touch");
  assert.equal(browserKind({ chrome: {} }), "chromium");
  assert.equal(browserKind({}), "other");
});

// The screen

/** A document that can be hidden, with a wake lock that it gives back then. */
class Screen {
  visibilityState = "visible";
  locks = [];
  #hear = () => undefined;

  addEventListener(_name, hear) {
    this.#hear = hear;
  }

  wakeLock = {
    request: async () => {
      const lock = { released: false, release: async () => (lock.released = true) };
      this.locks.push(lock);
      return lock;
    },
  };

  turn(visibilityState) {
    this.visibilityState = visibilityState;
    if (visibilityState === "hidden") for (const lock of this.locks) lock.released = true;
    this.#hear();
    return settled();
  }

  get held() {
    return this.locks.filter(({ released }) => !released).length;
  }
}

test("the screen stays on while it is wanted, also after it was hidden, and no longer", async () => {
  const screen = new Screen();
  const lock = new WakeLock(screen, screen.wakeLock);
  lock.want(true);
  lock.want(true);
  await settled();
  assert.deepEqual([screen.held, screen.locks.length], [1, 1]);
  await screen.turn("hidden");
  assert.equal(screen.held, 0);
  await screen.turn("visible");
  assert.equal(screen.held, 1);
  lock.want(false);
  await settled();
  assert.equal(screen.held, 0);
  await screen.turn("visible");

  assert.equal(screen.held, 0);
});

test("what is no longer wanted when the lock comes is given back", async () => {
  const screen = new Screen();
  const lock = new WakeLock(screen, screen.wakeLock);
  lock.want(true);
  lock.want(false);
  await settled();

  assert.equal(screen.held, 0);
});

test("a browser without wake lock, or one that refuses, goes on", async () => {
  const screen = new Screen();
  new WakeLock(screen, undefined).want(true);
  new WakeLock(screen, { request: async () => { throw failing("NotAllowedError"); } }).want(true);
  await settled();

  assert.equal(screen.held, 0);
});
