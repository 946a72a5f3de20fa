/** What the page weighs: all that a browser loads to record, and what it adds when earlier recordings are opened. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const FOLDER = new URL("../", import.meta.url);
const MOST_BYTES = 100_000;
const HISTORY_MOST_BYTES = 36 * 1024;
const ENTRIES = ["js/main.js", "js/capture-worklet.js"];
const STATIC = ["live_transcription.html", "styles.css", "icon.svg"];
const HISTORY = ["js/history/history.js", "history.css"];
const TEXT_TOOLS = "js/transcript-tools.js"; // loaded once there is a session
const TEXT_TOOLS_MOST_BYTES = 16 * 1024;
const HINDI = "js/texts/hindi.js"; // loaded by who reads it

const read = (name) => readFileSync(new URL(name, FOLDER));

/** Give some modules and all that they import, but for what they load later. */
function withImports(names, known = new Set()) {
  for (const name of names) {
    if (known.has(name)) continue;
    known.add(name);
    const imported = [...read(name).toString().matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)"|^import "(\.[^"]+)"/gm)];
    const paths = imported.map(([, from, bare]) => new URL(from ?? bare, new URL(name, FOLDER)).href.slice(FOLDER.href.length));
    withImports(paths, known);
  }
  return known;
}

/** Add up files as they travel. */
function weigh(t, what, names) {
  const bytes = names.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
  t.diagnostic(`${what}: ${names.length} files, ${bytes} bytes compressed with gzip`);
  return bytes;
}

test("all that recording needs stays under 100 KB as it travels", (t) => {
  assert.ok(weigh(t, "to record", [...STATIC, ...withImports(ENTRIES)]) < MOST_BYTES);
});

test("earlier recordings add little, and only when they are opened", (t) => {
  const first = withImports(ENTRIES);
  const added = [...withImports([HISTORY[0]])].filter((name) => !first.has(name));

  assert.ok(weigh(t, "earlier recordings", [...added, HISTORY[1]]) < HISTORY_MOST_BYTES);
  assert.ok(!first.has(HISTORY[0]));
});

test("what corrects and searches the text adds little, and only once there is a session", (t) => {
  const first = withImports(ENTRIES);
  const added = [...withImports([TEXT_TOOLS])].filter((name) => !first.has(name));

  assert.ok(weigh(t, "text tools", added) < TEXT_TOOLS_MOST_BYTES);
  assert.ok(!first.has(TEXT_TOOLS));
});

test("every script is weighed", () => {
  const scripts = readdirSync(new URL("js/", FOLDER), { recursive: true }).filter((name) => name.endsWith(".js"));
  const weighed = withImports([...ENTRIES, HISTORY[0], TEXT_TOOLS, HINDI]);
  const isOfTypesOnly = (name) => /^export \{\};$/m.test(read(name)); // no browser asks for it

  assert.deepEqual(scripts.map((name) => `js/${name}`).filter((name) => !weighed.has(name) && !isOfTypesOnly(name)), []);
});
