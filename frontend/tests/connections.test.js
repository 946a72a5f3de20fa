/** Sockets and tickets: each connection is told of as it was, and one that was given up is not told of. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Connections } from "../js/connections.js";
import { SignedOut } from "../js/sign-in.js";
import { fetchTicket } from "../js/tickets.js";

class FakeSocket {
  readyState = 0;
  sent = [];
  isClosed = false;

  constructor(url) {
    this.url = url;
  }

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.isClosed = true;
    this.onclose();
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }
}

function connections(ticket = async () => ({ ticket: "a+b", websocketUrl: "wss://live.example/dev" })) {
  const told = [];
  const sockets = [];
  const all = new Connections(ticket, (event) => told.push(event), (url) => {
    sockets.push(new FakeSocket(url));
    return sockets.at(-1);
  });
  return { all, told, sockets };
}

test("opens with a ticket, tells what it hears, and tells its end once", async () => {
  const { all, told, sockets } = connections();
  await all.open(1);
  const [socket] = sockets;
  assert.equal(socket.url.href, "wss://live.example/dev?ticket=a%2Bb");
  all.send(1, "too early");
  socket.open();
  all.send(1, "hello");
  socket.onmessage({ data: '{"type":"renewed","expires_in_s":9}' });
  socket.onmessage({ data: "noise" });
  socket.onclose();
  socket.onclose();

  assert.deepEqual(socket.sent, ["hello"]);
  assert.deepEqual(told, [
    { kind: "opened", connection: 1 },
    { kind: "heard", connection: 1, message: { type: "renewed", expires_in_s: 9 } },
    { kind: "heard", connection: 1, message: null },
    { kind: "closed", connection: 1, isSignedOut: false },
  ]);
});

test("what was closed from here is silent from then on", async () => {
  const { all, told, sockets } = connections();
  await all.open(1);
  await all.open(2);
  all.close(1);
  all.closeAll();
  sockets[0].onopen();
  sockets[1].onmessage({ data: "{}" });

  assert.deepEqual(sockets.map(({ isClosed }) => isClosed), [true, true]);
  assert.deepEqual(told, []);
});

test("a connection that is given up while its ticket is fetched never opens", async () => {
  const { all, told, sockets } = connections();
  const opening = all.open(1);
  all.close(1);
  await opening;

  assert.deepEqual([told, sockets], [[], []]);
});

test("without a ticket there is no connection, and it is told whether the user can help", async () => {
  for (const [error, isSignedOut] of [[new SignedOut(), true], [new TypeError("no network"), false]]) {
    const { all, told } = connections(async () => {
      throw error;
    });
    await all.open(4);

    assert.deepEqual(told, [{ kind: "closed", connection: 4, isSignedOut }]);
  }
});

test("a ticket is asked for with the access token, and its refusals are told apart", async () => {
  const asked = [];
  const signIn = { accessToken: async () => "token-1" };
  const answering = (status, body) => async (url, options) => {
    asked.push([url, options.method, options.headers.authorization]);
    return new Response(JSON.stringify(body), { status });
  };
  const body = { ticket: "t", expires_in: 30, websocket_url: "wss://w" };

  assert.deepEqual(await fetchTicket("https://api", signIn, answering(200, body)), { ticket: "t", websocketUrl: "wss://w" });
  assert.deepEqual(asked, [["https://api/tickets", "POST", "Bearer token-1"]]);
  await assert.rejects(fetchTicket("https://api", signIn, answering(401, {})), SignedOut);
  await assert.rejects(fetchTicket("https://api", signIn, answering(500, {})), (error) => !(error instanceof SignedOut));
});
