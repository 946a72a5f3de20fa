/** Sockets and tickets: each connection is told of as it was, and one that was given up is not told of. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Connections } from "../js/connections.js";
import { HeadStart } from "../js/head-start.js";
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

const TICKET = { ticket: "a+b", websocketUrl: "wss://live.example/dev" };

function connections(ticket = async () => TICKET, headStart = null) {
  const told = [];
  const sockets = [];
  const openSocket = (url) => {
    sockets.push(new FakeSocket(url));
    return sockets.at(-1);
  };
  const all = new Connections(ticket, (event) => told.push(event), { openSocket, headStart });
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

/** A socket opened ahead of its need, and the clock it ages by. */
async function headStart(ticket = async () => TICKET) {
  const clock = { now: 0 };
  const opened = [];
  const openSocket = (url) => {
    opened.push(new FakeSocket(url));
    opened.at(-1).onclose = () => undefined;
    return opened.at(-1);
  };
  const start = new HeadStart(ticket, openSocket, () => clock.now);
  await new Promise((resolve) => setImmediate(resolve));
  return { start, opened, clock };
}

test("the first connection is the one that was opened ahead, open already or on its way; the next ones are new", async () => {
  for (const isOpen of [true, false]) {
    const { start, opened } = await headStart();
    if (isOpen) opened[0].readyState = 1;
    const { all, told, sockets } = connections(undefined, start);
    await all.open(1);
    if (!isOpen) opened[0].open();
    all.send(1, "hello");
    await all.open(2);

    assert.deepEqual(told, [{ kind: "opened", connection: 1 }]);
    assert.deepEqual([opened.length, sockets.length, opened[0].sent], [1, 1, ["hello"]]);
  }
});

test("a socket opened ahead that is stale, closed or never came about is opened anew", async () => {
  const stale = await headStart();
  stale.clock.now = 20_000;
  const closed = await headStart();
  closed.opened[0].readyState = 3;
  const refused = await headStart(async () => Promise.reject(new SignedOut()));
  for (const { start } of [stale, closed, refused]) {
    const { all, sockets } = connections(undefined, start);
    await all.open(1);

    assert.equal(sockets.length, 1);
  }
  assert.equal(stale.opened[0].isClosed, true);
});

test("a socket that was opened ahead in vain is closed", async () => {
  const { start, opened } = await headStart();
  await start.drop();

  assert.equal(opened[0].isClosed, true);
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
