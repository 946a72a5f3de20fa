/** The page against a server behind a bad network: whatever happens, nothing is lost and nothing comes twice. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { World } from "./fakes/world.js";

const WEATHER = {
  calm: {},
  "3 % lost, 3 % doubled, 400 ms reordered": { drop: 0.03, duplicate: 0.03, reorderMs: 400 },
  "everything doubled": { duplicate: 1, reorderMs: 50 },
  "15 % lost both ways, 5 % spoilt, reordered": { drop: 0.15, corrupt: 0.05, dropPush: 0.15, duplicate: 0.1, reorderMs: 900 },
  "connections cut every few seconds": { cutEveryMs: 4000, refuseConnect: 0.3, reorderMs: 100 },
  "owners dying every few seconds": { dieEveryMs: 7000, drop: 0.02, reorderMs: 200 },
  "no network for 20 s": { outages: [[8000, 28_000]] },
  "all of it": {
    drop: 0.08, duplicate: 0.1, corrupt: 0.03, reorderMs: 700, dropPush: 0.08, cutEveryMs: 9000, refuseConnect: 0.2,
    dieEveryMs: 8000, outages: [[15_000, 21_000]],
  },
};
const SEEDS = Number(process.env.SCHEDULE_SEEDS ?? 4);
const FIRST = Number(process.env.FIRST_SCHEDULE ?? 1);

/** Record for a while, with a pause in it, stop, and wait for the record. */
function consultation(world) {
  world.tell({ kind: "begin" });
  world.run(20_000);
  world.tell({ kind: "pause" });
  world.run(3000);
  world.tell({ kind: "unpause" });
  world.run(17_350);
  world.tell({ kind: "stop" });
  return world.runUntil(() => {
    const { phase, finals, receipt } = world.session.snapshot();
    return phase === "saved" && finals.length === receipt.segments;
  }, 180_000);
}

/** Whether more than `most` messages went within any second over one connection. */
function busiestSecond(sent) {
  let busiest = 0;
  for (let first = 0, last = 0; last < sent.length; last += 1) {
    while (sent[last].at - sent[first].at >= 1000) first += 1;
    busiest = Math.max(busiest, last - first + 1);
  }
  return busiest;
}

for (const [name, faults] of Object.entries(WEATHER)) {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    test(`${name}, seed ${seed}: every sample arrives, every final is shown once`, { timeout: 60_000 }, () => {
      const world = new World({ seed: seed * 7919, faults });

      const isSaved = consultation(world);

      assert.ok(isSaved, `still ${JSON.stringify({ ...world.session.snapshot(), finals: undefined })}`);
      assert.deepEqual(world.breaches, []);
      assert.deepEqual(world.server.breaches, []);
      const { receipt, recorded, hasUnsaved } = world.session.snapshot();
      assert.equal(recorded, world.bytes.length / 2);
      assert.equal(receipt.samples, recorded);
      assert.ok(world.server.bytes.subarray(0, recorded * 2).equals(world.bytes), "stored bytes are the captured ones");
      assert.equal(receipt.isIdentical, true);
      assert.equal(hasUnsaved, false);
      assert.equal(world.server.saved.sha256, createHash("sha256").update(world.bytes).digest("hex"));
      assert.deepEqual(world.shown, world.server.finals.map(({ text }) => text));
      assert.ok(busiestSecond(world.sent) <= 80, "40 messages a second and what was saved up");
    });
  }
}

for (const quality of ["medium", "high"]) {
  test(`${quality} quality through bad weather is stored to the byte`, { timeout: 60_000 }, () => {
    const world = new World({ seed: 5, quality, faults: { drop: 0.05, reorderMs: 400, cutEveryMs: 6000, dieEveryMs: 9000 } });

    assert.ok(consultation(world));
    assert.deepEqual([world.breaches, world.server.breaches], [[], []]);
    assert.ok(world.server.bytes.subarray(0, world.bytes.length).equals(world.bytes));
  });
}

for (const [name, faults] of Object.entries(WEATHER)) {
  test(`${name}: packets arrive whole, each in its place`, { timeout: 60_000 }, () => {
    const world = new World({ seed: 31, encoding: "opus", faults });

    assert.ok(consultation(world), `still ${JSON.stringify({ ...world.session.snapshot(), finals: undefined })}`);
    assert.deepEqual([world.breaches, world.server.breaches], [[], []]);
    const { receipt, recorded, hasUnsaved } = world.session.snapshot();
    assert.equal(recorded, (world.bytes.length / 2) * world.scale);
    assert.equal(receipt.samples, recorded);
    assert.ok(world.server.bytes.subarray(0, world.bytes.length).equals(world.bytes), "stored packets are the encoded ones");
    assert.deepEqual([receipt.isIdentical, hasUnsaved], [true, false]);
    const [first] = world.sent.filter(({ type }) => type === "start");
    assert.deepEqual([first.encoding, first.sample_rate], ["opus", 48_000]);
  });
}

test("after an outage the page catches up at no more than four times real time", () => {
  const world = new World({ seed: 3, faults: { outages: [[2000, 42_000]] } });
  world.tell({ kind: "begin" });
  world.run(42_000);
  world.sent.length = 0;
  const from = world.now;
  assert.ok(world.runUntil(() => world.session.snapshot().state === "live", 60_000));

  const seconds = (world.now - from) / 1000;
  const samples = world.sent.filter(({ type }) => type === "audio").reduce((sum, { data }) => sum + Buffer.from(data, "base64").length / 2, 0);
  assert.ok(samples / world.rateHz <= 4 * seconds + 1.2, `${samples / world.rateHz} s of audio in ${seconds} s`);
  assert.ok(seconds < 35, "and does catch up");
});
