/** Signing out everywhere: asked with the user's own token, and believed only when the API says so. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SignIn, SignedOut } from "../js/sign-in.js";
import { signOutEverywhere } from "../js/sign-out.js";

const API = "https://page.example";

/** A user who is signed in, and an API that answers with a status. */
function user(status, accessToken = async () => "access-1") {
  const asked = [];
  const fetch = async (url, { method, headers }) => {
    asked.push({ url, method, ...headers });
    return new Response("{}", { status });
  };
  return { asked, signOut: () => signOutEverywhere(API, { accessToken }, fetch) };
}

test("the user's own token asks for it, and nothing else is sent", async () => {
  const { asked, signOut } = user(200);

  await signOut();

  assert.deepEqual(asked, [
    { url: `${API}/sign-out-everywhere`, method: "POST", authorization: "Bearer access-1" },
  ]);
});

for (const status of [401, 403]) {
  test(`a token that is refused with ${status} needs the user`, async () => {
    await assert.rejects(user(status).signOut(), SignedOut);
  });
}

test("an API in trouble has not signed anybody out", async () => {
  await assert.rejects(user(503).signOut(), (error) => !(error instanceof SignedOut));
});

test("who is not signed in asks nothing", async () => {
  const { asked, signOut } = user(200, async () => {
    throw new SignedOut("nobody is signed in");
  });

  await assert.rejects(signOut(), SignedOut);

  assert.deepEqual(asked, []);
});

test("the browser is sent to where its own sign-in is forgotten, and back to the page", () => {
  const config = {
    authorize_url: "https://sign-in.example/oauth2/authorize",
    token_url: "https://sign-in.example/oauth2/token",
    logout_url: "https://sign-in.example/logout",
    client_id: "page",
    redirect_uri: "https://page.example/live-transcription",
    scopes: ["openid"],
  };

  const url = new URL(new SignIn(config, { fetch: null, store: null, now: () => 0 }).logoutUrl);

  assert.equal(`${url.origin}${url.pathname}`, config.logout_url);
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    client_id: "page",
    logout_uri: config.redirect_uri,
  });
});
