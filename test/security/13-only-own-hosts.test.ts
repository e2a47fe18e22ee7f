/** Item 13: a request over TCP must name this server as its Host, once, and ask for a path. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";

const request = (target: string, headers: readonly string[], version = "1.1"): string =>
  [`GET ${target} HTTP/${version}`, ...headers, "Connection: close", "", ""].join("\r\n");

test("the loopback names with the port are accepted as Host in any case", async (t) => {
  const { raw, port } = await openDoor(t);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`, `[::1]:${port}`]) {
    assert.match(await raw(request("/health", [`Host: ${host}`])), /^HTTP\/1\.1 200 /, host);
  }
});

test("every other Host is refused, also for the open route", async (t) => {
  const { raw, port } = await openDoor(t);
  const foreign = [
    "evil.test",
    `evil.test:${port}`,
    "127.0.0.1",
    `127.0.0.1:${port + 1}`,
    `localhost@evil:${port}`,
    `127.0.0.1:${port}@evil`,
    `127.0.0.1.evil.test:${port}`,
    `localhost:${port}.evil`,
    "",
    `[::]:${port}`,
    `0.0.0.0:${port}`,
  ];
  for (const host of foreign) {
    const answer = await raw(request("/health", [`Host: ${host}`]));
    assert.match(answer, /^HTTP\/1\.1 40[03] /, host);
    assert.doesNotMatch(answer, /healthy/);
  }
});

test("a request without Host, and one with two, is refused", async (t) => {
  const { raw, port } = await openDoor(t);
  const own = `Host: 127.0.0.1:${port}`;
  for (const text of [
    request("/health", [], "1.0"),
    request("/health", []),
    request("/health", [own, "Host: evil.test"]),
    request("/health", [own, own]),
  ]) {
    assert.match(await raw(text), /^HTTP\/1\.1 40[03] /, text);
  }
});

test("request targets that are not a path are refused", async (t) => {
  const { raw, port } = await openDoor(t);
  for (const target of ["http://evil.test/health", `http://127.0.0.1:${port}/health`, "*", "evil.test:443"]) {
    const answer = await raw(request(target, [`Host: 127.0.0.1:${port}`]));
    assert.doesNotMatch(answer, /healthy/, target);
    assert.match(answer, /^HTTP\/1\.1 400 /, target);
  }
  assert.doesNotMatch(await raw(`CONNECT evil.test:443 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`), / 200 /);
});

test("host names of the configuration are accepted too", async (t) => {
  const { raw } = await openDoor(t, { allowedHosts: ["worker.example.test"] });
  assert.match(await raw(request("/health", ["Host: worker.example.test"])), /^HTTP\/1\.1 200 /);
});
