/** What the page asks of its records and how it takes the answers: held to the contract's golden ones. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { RecordsApi, RecordsTrouble } from "../js/records-api.js";
import { SignedOut } from "../js/sign-in.js";

const API = "https://page.example";
const GOLDEN = JSON.parse(readFileSync(new URL("../../contract/history_examples.json", import.meta.url), "utf8"));
const answer = (name) => GOLDEN.answers.find((one) => one.name === name);
const request = (name) => GOLDEN.requests.find((one) => one.name === name).body;

/** A user who is signed in, and an API that gives one answer to everything. */
function records({ status = 200, body = {}, headers = {} } = {}, accessToken = async () => "access-1") {
  const asked = [];
  const fetch = async (url, { method, headers: sent, body: content }) => {
    asked.push({ method, url, sent, content });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  return { asked, api: new RecordsApi(API, { accessToken }, fetch) };
}

const kindOf = (promise) => promise.then(() => assert.fail("it was answered"), (error) => error.kind);

test("a page is asked for with the filters there are, and the token", async () => {
  const { asked, api } = records(answer("list"));

  const page = await api.list({ words: "no fever & cough", from: "2026-11-01", to: "", cursor: "MTc0-" });

  assert.equal(asked[0].url, `${API}/transcriptions?q=no+fever+%26+cough&from=2026-11-01&cursor=MTc0-`);
  assert.deepEqual([asked[0].method, asked[0].sent], ["GET", { authorization: "Bearer access-1" }]);
  assert.deepEqual([page.transcriptions.length, page.cursor], [3, answer("list").body.cursor]);
});

test("without filters the address has no question in it", async () => {
  const { asked, api } = records(answer("the last page"));

  await api.list({});

  assert.equal(asked[0].url, `${API}/transcriptions`);
});

test("a correction is written as the contract spells it", async () => {
  const { asked, api } = records(answer("corrected"));

  const kept = await api.correct("6f1c", { segment: 0, text: "Start metoprolol 50 milligrams.", baseVersion: 0 });

  assert.deepEqual([asked[0].method, asked[0].url], ["PATCH", `${API}/transcriptions/6f1c`]);
  assert.deepEqual(JSON.parse(asked[0].content), request("correct"));
  assert.deepEqual(kept, answer("corrected").body);
});

test("who corrected later than somebody else hears of the version there is", async () => {
  const { api } = records(answer("corrected elsewhere meanwhile"));

  await assert.rejects(api.correct(42, { segment: 0, text: "x", baseVersion: 1 }), { kind: "not_now", version: 2 });
});

test("an export is a file with the server's name for it", async () => {
  const headers = { "content-disposition": 'attachment; filename="transcription-42.fhir.json"' };
  const { asked, api } = records({ body: "{}", headers });

  const { blob, fileName } = await api.export(42, "fhir");

  assert.equal(asked[0].url, `${API}/transcriptions/42/export?format=fhir`);
  assert.deepEqual([fileName, await blob.text()], ["transcription-42.fhir.json", "{}"]);
});

test("a name that would leave the folder of downloads is no name", async () => {
  const { api } = records({ headers: { "content-disposition": 'attachment; filename="../../x"' } });

  assert.equal((await api.export(42, "txt")).fileName, "transcription-42.txt");
});

for (const [name, kind] of [
  ["signed out", "signed_out"],
  ["nobody may delete", "forbidden"],
  ["absent, or somebody else's", "absent"],
  ["audio not yet one file", "not_now"],
  ["a wrong question", "refused"],
  ["out of order", "unavailable"],
]) {
  test(`the answer "${name}" is the trouble ${kind}`, async () => {
    assert.equal(await kindOf(records(answer(name)).api.erase(42)), kind);
  });
}

test("a gateway that is full, or that speaks no JSON, is no stranger", async () => {
  assert.equal(await kindOf(records({ status: 429, body: "Too Many Requests" }).api.read(42)), "busy");
  assert.equal(await kindOf(records({ status: 502, body: "<html>" }).api.read(42)), "unavailable");
  assert.equal(await kindOf(records({ status: 200, body: "<html>" }).api.read(42)), "unreachable");
});

test("who is not signed in asks nothing, and a network that is away is not the user's sign-in", async () => {
  const out = records({}, async () => {
    throw new SignedOut("nobody is signed in");
  });
  const away = records({}, async () => {
    throw new TypeError("Failed to fetch");
  });

  assert.equal(await kindOf(out.api.read(42)), "signed_out");
  assert.equal(await kindOf(away.api.read(42)), "unreachable");
  assert.deepEqual([...out.asked, ...away.asked], []);
});

test("who no longer wants to know is no trouble", async () => {
  const { api } = records(answer("list"), async () => {
    throw new TypeError("Failed to fetch");
  });

  await assert.rejects(api.list({}, AbortSignal.abort()), (error) => !(error instanceof RecordsTrouble));
});

test("a question that is taken back while its answer comes in fails with that, too", async () => {
  for (const ask of [(api, signal) => api.list({}, signal), (api, signal) => api.read("6f1c", signal), (api, signal) => api.audioUrl("6f1c", signal)]) {
    const taking = new AbortController();
    const pull = (stream) => {
      taking.abort();
      stream.error(taking.signal.reason);
    };
    const api = new RecordsApi(API, { accessToken: async () => "access-1" }, async () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 })));

    await assert.rejects(ask(api, taking.signal), { name: "AbortError" });
  }
});
