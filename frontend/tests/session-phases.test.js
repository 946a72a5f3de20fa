/** Every step in every phase of a session leads where the table says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PHASES } from "../js/phases.js";
import { Page } from "./fakes/page.js";

/** How each phase comes about, and what each step is. */
const STEPS = {
  reopen: (page) => page.tell({ kind: "begin" }),
  join: (page) => page.ready(),
  begin: (page) => page.tell({ kind: "begin" }),
  pause: (page) => page.tell({ kind: "pause" }),
  unpause: (page) => page.tell({ kind: "unpause" }),
  stop: (page) => page.tell({ kind: "stop" }),
  take_over: (page) => page.tell({ kind: "take_over" }),
  supersede: (page) => page.error("superseded"),
  store: (page) => page.hear("stored", { samples: 0, sha256: "" }),
  save: (page) => page.saved({ transcript: "pending" }),
  fail: (page) => page.error("not_found", { ref: "resume" }),
};
const WAYS = {
  recording: [], joining: ["supersede", "take_over"], paused: ["pause"], stopping: ["stop"], superseded: ["supersede"], stored: ["stop", "store"],
  saved: ["stop", "store", "save"], failed: ["fail"],
};

for (const [phase, way] of Object.entries(WAYS)) {
  for (const step of Object.keys(STEPS)) {
    test(`${step} in phase ${phase} leads where the table says`, () => {
      const page = new Page().open();
      for (const before of way) STEPS[before](page);
      assert.equal(page.view.phase, phase);
      const wasOn = page.did("microphone").at(-1).isOn;
      STEPS[step](page);

      assert.equal(page.view.phase, PHASES[phase][step] ?? phase);
      assert.equal(wasOn, phase === "recording");
      assert.equal(page.did("microphone").at(-1).isOn, page.view.phase === "recording");
    });
  }
}

test("before it has begun a session does nothing", () => {
  const page = new Page();
  for (const kind of ["pause", "unpause", "stop", "take_over", "retry", "tick"]) page.tell({ kind });
  page.capture(1);

  assert.deepEqual(page.effects, []);
  assert.deepEqual([page.view.phase, page.view.recorded], ["idle", 0]);
});
