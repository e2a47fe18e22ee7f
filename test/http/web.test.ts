/** The page's document and files as HTTP: addresses, headers, caching, and who gets what. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { gunzipSync, brotliDecompressSync } from "node:zlib";
import { startCall } from "../../testing/http-call.ts";
import { openDoorOf } from "../../testing/http-door.ts";
import type { DoorAnswer, DoorCall, OpenDoor } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";
import { repositoryRoot } from "../../testing/source-files.ts";

const webDirectory = path.join(repositoryRoot, "dist", "web");
const person = { accept: "text/html,application/xhtml+xml", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" };

interface Bundle extends OpenDoor {
  browse(call: DoorCall): Promise<DoorAnswer>;
  readonly cookie: string;
}

async function setup(t: TestContext, directory: string | null = webDirectory): Promise<Bundle> {
  const real = realApi(t);
  const open = await openDoorOf(t, real.api, { directory: real.corner.directory, webDirectory: directory });
  const browse = (call: DoorCall): Promise<DoorAnswer> =>
    open.call({ ...call, tcp: true, token: null, headers: { ...person, ...call.headers } });
  const { code } = (await open.call({ method: "POST", path: "/api/v1/login-codes" })).json();
  const signedIn = await browse({ path: "/api/v1/sessions", body: { code } });
  return { ...open, browse, cookie: signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "" };
}

test("each page's address serves the document, and the login page comes first", async (t) => {
  const { browse, cookie } = await setup(t);
  const addresses = [
    "/",
    "/tasks/7",
    "/tasks/7/changes",
    "/queue",
    "/queue/nightly",
    "/history?q=a%20b",
    "/workflows",
    "/workflows/runs/7",
    "/schedules/nightly",
    "/usage",
    "/settings",
    "/settings/tokens",
    "/new?template=x",
  ];
  for (const address of addresses) {
    const closed = await browse({ path: address });
    assert.equal(closed.status, 302, address);
    assert.equal(closed.headers.location, address === "/" ? "/login" : `/login?to=${encodeURIComponent(address)}`);
    const shown = await browse({ path: address, headers: { cookie } });
    assert.deepEqual([shown.status, shown.headers["content-type"]], [200, "text/html; charset=utf-8"], address);
    assert.match(shown.text, /<div id="page">/);
  }
  assert.equal((await browse({ path: "/login" })).status, 200);
});

test("an unknown address is a page for a person and a problem for a program", async (t) => {
  const { browse, call, cookie } = await setup(t);
  for (const address of ["/nothing", "/tasks", "/tasks/7/nothing", "/queue/a/b"]) {
    const page = await browse({ path: address, headers: { cookie } });
    assert.deepEqual([page.status, page.headers["content-type"]], [404, "text/html; charset=utf-8"], address);
  }
  assert.equal(
    (await browse({ path: "/api/v1/nothing", headers: { cookie } })).headers["content-type"],
    "application/problem+json; charset=utf-8",
  );
  assert.equal((await call({ path: "/nothing", tcp: true })).json()["code"], "not_found");
  assert.equal((await browse({ path: "/nothing", method: "POST", headers: { cookie } })).status, 403);
});

test("the document has the strict policy, and nothing keeps it unasked", async (t) => {
  const { browse } = await setup(t);
  const { headers } = await browse({ path: "/login" });
  assert.equal(
    headers["content-security-policy"],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types cw-worker",
  );
  assert.deepEqual(
    [
      headers["cross-origin-opener-policy"],
      headers["cross-origin-resource-policy"],
      headers["x-content-type-options"],
      headers["referrer-policy"],
      headers["cache-control"],
    ],
    ["same-origin", "same-origin", "nosniff", "no-referrer", "private, no-cache"],
  );
  assert.match(String(headers["permissions-policy"]), /camera=\(\).*geolocation=\(\)/);
  const again = await browse({ path: "/login", headers: { "if-none-match": headers.etag ?? "" } });
  assert.deepEqual([again.status, again.text], [304, ""]);
});

test("files have hashed names, are kept for ever, and come compressed", async (t) => {
  const { port, socket, token } = await setup(t);
  const names = readdirSync(path.join(webDirectory, "assets")).filter((name) => !/\.(?:br|gz)$/.test(name));
  assert.ok(names.some((name) => name.endsWith(".js")) && names.some((name) => name.endsWith(".css")));
  const load = async (name: string, encoding: string) => {
    const answer = await startCall(
      { socket, port, token },
      { path: `/assets/${name}`, tcp: true, token: null, headers: { "accept-encoding": encoding } },
    );
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return { headers: answer.headers, status: answer.statusCode, bytes: Buffer.concat(parts) };
  };
  for (const name of names) {
    const plain = await load(name, "");
    assert.equal(plain.status, 200, name);
    assert.equal(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    if (name.endsWith(".woff2")) continue;
    const [brotli, gzip, none] = [await load(name, "gzip, br"), await load(name, "gzip"), await load(name, "br;q=0, identity")];
    assert.deepEqual(
      [brotli.headers["content-encoding"], gzip.headers["content-encoding"], none.headers["content-encoding"]],
      ["br", "gzip", undefined],
    );
    assert.ok(brotliDecompressSync(brotli.bytes).equals(plain.bytes) && gunzipSync(gzip.bytes).equals(plain.bytes), name);
    assert.notEqual(brotli.headers.etag, plain.headers.etag);
  }
});

test("no address reaches a file outside of the page", async (t) => {
  const { browse } = await setup(t);
  for (const name of ["..%2Findex.html", "%2e%2e", "x.js", ".hidden", "..", "index.js.br", "a%00.js", "..%5Cindex.html"])
    assert.equal((await browse({ path: `/assets/${name}`, headers: { accept: "*/*" } })).status, 404, name);
});

test("a link of another site opens a page, without the cookie's rights", async (t) => {
  const { browse } = await setup(t);
  assert.equal((await browse({ path: "/tasks/7", headers: { "sec-fetch-site": "cross-site" } })).status, 302);
  assert.equal((await browse({ path: "/login", headers: { "sec-fetch-site": "cross-site" } })).status, 200);
  // Only as a page: not as a picture, a frame or a script.
  for (const dest of ["iframe", "image", "script", "empty"])
    assert.equal((await browse({ path: "/login", headers: { "sec-fetch-site": "cross-site", "sec-fetch-dest": dest } })).status, 403, dest);
  assert.equal((await browse({ path: "/login", headers: { host: "evil.example" } })).status, 403);
});

test("files are read when they are asked for, and a server without the page has none", async (t) => {
  const directory = path.join(realApi(t).corner.directory, "page");
  mkdirSync(directory);
  const { browse } = await setup(t, directory);
  assert.equal((await browse({ path: "/login" })).status, 503);
  writeFileSync(path.join(directory, "index.html"), "<title>new</title>");
  assert.equal((await browse({ path: "/login" })).text, "<title>new</title>");
  const bare = await setup(t, null);
  assert.equal((await bare.browse({ path: "/", headers: { cookie: bare.cookie } })).status, 404);
});
