/** What the page weighs: everything a browser loads of it, as it travels. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const FOLDER = new URL("../", import.meta.url);
const MOST_BYTES = 100 * 1024;
const STATIC = ["live_transcription.html", "styles.css", "icon.svg"];

test("the whole page stays under 100 KB as it travels", (t) => {
  const scripts = readdirSync(new URL("js/", FOLDER), { recursive: true }).filter((name) => name.endsWith(".js"));
  const files = [...STATIC, ...scripts.map((name) => `js/${name}`)].map((name) => readFileSync(new URL(name, FOLDER)));
  const raw = files.reduce((sum, file) => sum + file.length, 0);
  const compressed = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  t.diagnostic(`${files.length} files, ${raw} bytes, ${compressed} bytes compressed with gzip`);

  assert.ok(compressed < MOST_BYTES, `${compressed} bytes`);
});
