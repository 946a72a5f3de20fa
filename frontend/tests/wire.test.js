/** The page's half of the wire against the golden messages, which the server's tests read too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as wire from "../js/wire.js";

const EXAMPLES = JSON.parse(readFileSync(new URL("../../contract/wire_examples.json", import.meta.url), "utf8"));

/** Write a message again with the page's own functions, from the values in it. */
function written(message) {
  switch (message.type) {
    case "start":
      return wire.start({
        requestId: message.request_id,
        encoding: message.encoding,
        quality: message.quality,
        client: message.client,
        specialty: message.specialty,
        conversation: message.conversation,
      });
    case "audio":
      return wire.audio(message.session_id, message.offset, Uint8Array.from(Buffer.from(message.data, "base64")));
    case "resume":
      return wire.resume({
        id: message.id,
        sessionId: message.session_id,
        client: message.client,
        haveFrom: message.have_from,
        lastSegment: message.last_segment,
      });
    case "pause":
      return wire.pause(message.session_id);
    case "stop":
      return wire.stop(message.session_id, message.end_offset, message.sha256);
    case "renew":
      return wire.renew(message.id, message.ticket);
    case "ping":
      return wire.ping(message.session_id);
    default:
      throw new Error(`no function writes ${message.type}`);
  }
}

for (const { name, message } of EXAMPLES.client) {
  test(`writes "${name}" as the server reads it`, () => {
    assert.deepEqual(JSON.parse(written(message)), message);
  });
}

for (const { name, message } of EXAMPLES.server) {
  test(`reads "${name}" as the server writes it`, () => {
    assert.deepEqual(wire.parseServerMessage(JSON.stringify(message)), message);
  });
}

for (const { name, message } of EXAMPLES.not_ours) {
  test(`takes for lost: ${name}`, () => {
    assert.equal(wire.parseServerMessage(JSON.stringify(message)), null);
  });
}

test("takes for lost what is no message, and never throws", () => {
  const nonsense = [
    "", "null", "7", "[]", '"ready"', "{", "{}", '{"type":7}', '{"type":"toString"}', '{"type":"__proto__"}',
    '{"type":"ack","received":1,"durable":1}',
    '{"type":"ack","session_id":"s","epoch":1,"received":-1,"durable":0}',
    '{"type":"ack","session_id":"s","epoch":1,"received":1.5,"durable":0}',
    '{"type":"ack","session_id":"s","epoch":"1","received":1,"durable":0}',
    '{"type":"nack","session_id":"s","epoch":1,"missing":[[1]]}',
    '{"type":"nack","session_id":"s","epoch":1,"missing":[["a","b"]]}',
    '{"type":"ready","session_id":"s","epoch":1,"next_offset":0,"limits":null}',
    '{"type":"ready","session_id":"s","epoch":1,"next_offset":0,"limits":{}}',
    new ArrayBuffer(4), undefined, null,
  ];

  for (const text of nonsense) assert.equal(wire.parseServerMessage(text), null, String(text));
});

test("a message that newer servers extend is still read", () => {
  const message = { type: "moved", session_id: "s", epoch: 1, why: "a deployment" };

  assert.deepEqual(wire.parseServerMessage(JSON.stringify(message)), message);
});

test("an audio message that is as full as allowed stays within its bytes, whatever its numbers", () => {
  const bytes = new Uint8Array(wire.audioBytesWithin(wire.MESSAGE_BYTES)).fill(0xff);
  const text = wire.audio("s".repeat(64), Number.MAX_SAFE_INTEGER, bytes);

  assert.ok(text.length <= wire.MESSAGE_BYTES, `${text.length} bytes`);
  assert.ok(text.length > wire.MESSAGE_BYTES - 200, "and wastes little");
});
