/** Signing in: PKCE and `state` as they should be, tokens renewed in time, and nothing of them left behind. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { SignIn, SignedOut, WindowBlocked, answerFromWindow } from "../js/sign-in.js";

const CONFIG = {
  authorize_url: "https://sign-in.example/oauth2/authorize",
  token_url: "https://sign-in.example/oauth2/token",
  logout_url: "https://sign-in.example/logout",
  client_id: "page",
  redirect_uri: "https://page.example/live-transcription",
  scopes: ["openid", "profile"],
};

/** A sign-in service that remembers what it was asked, and a browser to ask from. */
class Browser {
  asked = [];
  kept = new Map();
  now = 0;
  answer = { status: 200, body: { access_token: "access-1", refresh_token: "refresh-1", expires_in: 900 } };
  store = {
    getItem: (key) => this.kept.get(key) ?? null,
    setItem: (key, value) => this.kept.set(key, value),
    removeItem: (key) => this.kept.delete(key),
  };

  signIn() {
    return new SignIn(CONFIG, {
      fetch: async (url, { body }) => {
        this.asked.push({ url, ...Object.fromEntries(body) });
        const { status, body: tokens } = this.answer;
        return new Response(JSON.stringify(tokens), { status });
      },
      store: this.store,
      now: () => this.now,
    });
  }
}

const back = (state, code = "c-1") => new URL(`${CONFIG.redirect_uri}?code=${code}&state=${encodeURIComponent(state)}`);

/** Go to the sign-in page and come back. */
async function signedIn(browser) {
  const signIn = browser.signIn();
  const url = new URL(await signIn.begin());
  await signIn.finish(back(url.searchParams.get("state")));
  return signIn;
}

test("the way there carries a challenge whose secret only the way back shows", async () => {
  const browser = new Browser();
  const url = new URL(await browser.signIn().begin());
  const asked = Object.fromEntries(url.searchParams);

  const signIn = browser.signIn(); // the page has been loaded anew
  await signIn.finish(back(asked.state));

  const [{ code_verifier: verifier, ...grant }] = browser.asked;
  assert.deepEqual(grant, {
    url: CONFIG.token_url, client_id: "page", grant_type: "authorization_code", code: "c-1", redirect_uri: CONFIG.redirect_uri,
  });
  assert.equal(asked.code_challenge_method, "S256");
  assert.equal(asked.response_type, "code");
  assert.equal(asked.scope, "openid profile");
  assert.equal(asked.code_challenge, createHash("sha256").update(verifier).digest("base64url"));
  assert.match(verifier, /^[\w-]{43}$/);
  assert.equal(await signIn.accessToken(), "access-1");
});

test("no token is ever kept outside the page's memory", async () => {
  const browser = new Browser();
  await signedIn(browser);

  assert.deepEqual([...browser.kept], []);
});

test("an answer to no question of this page's is refused and spends nothing", async () => {
  const browser = new Browser();
  const signIn = browser.signIn();
  await assert.rejects(signIn.finish(back("forged")), SignedOut);
  await signIn.begin();
  await assert.rejects(signIn.finish(back("forged")), SignedOut);

  assert.deepEqual(browser.asked, []);
  assert.equal(signIn.isSignedIn, false);
});

test("an answer works once", async () => {
  const browser = new Browser();
  const signIn = browser.signIn();
  const state = new URL(await signIn.begin()).searchParams.get("state");
  await signIn.finish(back(state));

  await assert.rejects(signIn.finish(back(state)), SignedOut);
  assert.equal(browser.asked.length, 1);
});

test("a page that was simply opened is signed out", async () => {
  const signIn = new Browser().signIn();
  await signIn.finish(new URL(CONFIG.redirect_uri));

  assert.equal(signIn.isSignedIn, false);
  await assert.rejects(signIn.accessToken(), SignedOut);
});

test("a token is renewed silently before it ends, and not sooner", async () => {
  const browser = new Browser();
  const signIn = await signedIn(browser);
  browser.now = 839_000;
  assert.equal(await signIn.accessToken(), "access-1");
  browser.answer.body = { access_token: "access-2", expires_in: 900 };
  browser.now = 841_000;

  assert.equal(await signIn.accessToken(), "access-2");
  assert.equal(browser.asked.at(-1).refresh_token, "refresh-1");
  browser.now += 850_000;
  await signIn.accessToken();
  assert.equal(browser.asked.at(-1).refresh_token, "refresh-1", "which lives on when no new one is given");
});

test("without a refresh token the access token is used to its end, and then the user is asked", async () => {
  const browser = new Browser();
  browser.answer.body = { access_token: "access-1", expires_in: 900 };
  const signIn = await signedIn(browser);
  browser.now = 899_000;
  assert.equal(await signIn.accessToken(), "access-1");
  browser.now = 900_000;

  await assert.rejects(signIn.accessToken(), SignedOut);
});

test("a refused renewal is the user's to mend, a service that fails is not", async () => {
  const browser = new Browser();
  const signIn = await signedIn(browser);
  browser.now = 880_000;
  browser.answer = { status: 503, body: {} };
  await assert.rejects(signIn.accessToken(), (error) => !(error instanceof SignedOut));
  browser.answer = { status: 400, body: { error: "invalid_grant" } };

  await assert.rejects(signIn.accessToken(), SignedOut);
});

test("signing in again happens in a window of its own, which hands over its answer", async () => {
  const browser = new Browser();
  const signIn = browser.signIn();
  const done = signIn.inWindow((url) => {
    const state = new URL(url).searchParams.get("state");
    assert.equal(answerFromWindow(back("window.someone-else's")), true);
    assert.equal(answerFromWindow(back(state)), true);
    return {};
  }, new AbortController().signal);
  await done;

  assert.equal(await signIn.accessToken(), "access-1");
  assert.deepEqual([...browser.kept], []);
});

test("a page that came back by itself is no such window", () => {
  assert.equal(answerFromWindow(back("plain")), false);
  assert.equal(answerFromWindow(new URL(CONFIG.redirect_uri)), false);
});

test("a window that the browser blocks is told, and one that is given up ends the wait", async () => {
  const signIn = new Browser().signIn();
  await assert.rejects(signIn.inWindow(() => null, new AbortController().signal), WindowBlocked);
  const trying = new AbortController();
  const done = signIn.inWindow(() => ({}), trying.signal);
  setImmediate(() => trying.abort());

  await assert.rejects(done, SignedOut);
});
