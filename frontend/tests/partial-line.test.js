/** Text that may still change is written again only where it has changed. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { PartialLine } from "../js/partial-line.js";

class Line {
  /** @type {{ data: string, remove: () => void }[]} */
  nodes = [];
  append = (...nodes) => this.nodes.push(...nodes);
  get text() {
    return this.nodes.map(({ data }) => data).join("");
  }
}

let line;
beforeEach(() => {
  line = new Line();
  globalThis.document = {
    createTextNode: (data) => {
      const node = { data, remove: () => line.nodes.splice(line.nodes.indexOf(node), 1) };
      return node;
    },
  };
});
afterEach(() => delete globalThis.document);

test("words that stay are the same nodes, whatever follows them", () => {
  const partial = new PartialLine(line);
  partial.show("She takes metal");
  const [she, takes, metal] = line.nodes;

  partial.show("She takes metoprolol");
  const metoprolol = line.nodes[2];
  partial.show("She takes metoprolol 25 mg");

  assert.equal(line.text, "She takes metoprolol 25 mg");
  assert.ok([she, takes, metoprolol].every((node, at) => line.nodes[at] === node));
  assert.ok(!line.nodes.includes(metal));
});

test("a revision of an earlier word writes from there on, and nothing leaves nothing", () => {
  const partial = new PartialLine(line);
  partial.show("He takes it daily");
  const first = line.nodes[0];
  partial.show("He took it daily");

  assert.equal(line.text, "He took it daily");
  assert.equal(line.nodes[0], first);
  partial.show("");
  assert.deepEqual(line.nodes, []);
});
