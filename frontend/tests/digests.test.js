/** The page's own checksums against Node's. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";

import { toBase64, toBase64Url } from "../js/base64.js";
import { crc32 } from "../js/crc32.js";
import { Sha256 } from "../js/sha256.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("SHA-256 is right for every length around its blocks", () => {
  for (let length = 0; length <= 260; length += 1) {
    const bytes = randomBytes(length);
    const digest = new Sha256();
    digest.update(bytes);

    assert.equal(digest.hex(), sha256(bytes), `${length} bytes`);
  }
});

test("SHA-256 does not care how the bytes were cut", () => {
  const bytes = randomBytes(10_000);
  const digest = new Sha256();
  for (let at = 0, length = 0; at < bytes.length; at += length) {
    length = 1 + ((at * 7) % 193);
    digest.update(bytes.subarray(at, at + length));
  }

  assert.equal(digest.hex(), sha256(bytes));
});

test("SHA-256 may be asked on the way and goes on", () => {
  const bytes = randomBytes(500);
  const digest = new Sha256();
  digest.update(bytes.subarray(0, 123));

  assert.equal(digest.hex(), sha256(bytes.subarray(0, 123)));
  assert.equal(digest.hex(), sha256(bytes.subarray(0, 123)));
  digest.update(bytes.subarray(123));
  assert.equal(digest.hex(), sha256(bytes));
});

test("CRC-32 is zlib's", () => {
  const check = new TextEncoder().encode("123456789");
  assert.equal(crc32(check), 0xcbf43926); // the check value of the CRC catalogue
  assert.equal(crc32(new Uint8Array()), 0);
  if (zlibCrc32 === undefined) return; // older Nodes have none
  for (let length = 1; length < 300; length += 7) {
    const bytes = randomBytes(length);
    assert.equal(crc32(bytes), zlibCrc32(bytes));
  }
});

test("base64 is the standard's, for any length", () => {
  for (const length of [0, 1, 2, 3, 8191, 8192, 8193, 24_000]) {
    const bytes = randomBytes(length);
    assert.equal(toBase64(bytes), bytes.toString("base64"));
    assert.equal(toBase64Url(bytes), bytes.toString("base64url"));
  }
});
