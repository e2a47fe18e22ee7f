/** `open` and `session …`: signing a browser in, and who is signed in. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import type { DoorAnswer } from "../../testing/http-door.ts";
import { withServer } from "./setup.ts";
import type { ServedCli } from "./setup.ts";

interface Bundle extends ServedCli {
  signIn(code: string): Promise<DoorAnswer>;
}

/** @param hasPort false: the server says that it listens on its socket only. */
async function setup(t: TestContext, hasPort = true): Promise<Bundle> {
  const all = await withServer(t);
  const { api, door } = all;
  const { createLoginCode } = api;
  api.createLoginCode = async (input, caller) => {
    const made = await createLoginCode(input, caller);
    return { ...made, url: hasPort ? `http://127.0.0.1:${door.port}/login#${made.code}` : null };
  };
  return { ...all, signIn: (code) => door.call({ path: "/api/v1/sessions", body: { code }, tcp: true, token: null }) };
}

/** A stand-in for the program that opens browsers: it keeps what it was given. */
function opener({ place }: ServedCli, exit = 0): { env: Record<string, string>; opened: string; args: string } {
  const bin = path.join(place.directory, "bin");
  const [opened, args] = [path.join(place.directory, "opened.html"), path.join(place.directory, "args")];
  mkdirSync(bin, { recursive: true });
  const script = `#!/bin/sh\nprintf '%s' "$*" >${args}\ncp "\${1#file://}" ${opened}\nexit ${exit}\n`;
  for (const name of ["xdg-open", "open"]) writeFileSync(path.join(bin, name), script, { mode: 0o755 });
  return { env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, DISPLAY: ":0" }, opened, args };
}

test("open prints an address that signs a browser in, once", async (t) => {
  const { call, door, signIn } = await setup(t);
  const printed = await call(["open", "--print"]);
  assert.deepEqual([printed.code, printed.stderr], [0, ""]);
  const [, port, code = ""] = /^http:\/\/127\.0\.0\.1:(\d+)\/login#([\w-]{43})\n$/.exec(printed.stdout) ?? [];
  assert.equal(Number(port), door.port);
  assert.equal((await signIn(code)).status, 201);
  assert.equal((await signIn(code)).status, 401);
  const json = (await call(["open", "--json"], { env: { DISPLAY: ":0" } })).json();
  assert.deepEqual([Object.keys(json), json["opened"]], [["url", "expires_at", "opened"], false]);
});

test("open names the page of a task, and refuses one that is not there", async (t) => {
  const { call } = await setup(t);
  await call(["run", "--name", "build", "x"]);
  for (const word of ["1", "last", "build"])
    assert.match((await call(["open", word, "--print"])).stdout, /\/login\?to=%2Ftasks%2F1#[\w-]{43}\n$/, word);
  const unknown = await call(["open", "99"]);
  assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
  assert.match(unknown.stderr, /99/);
});

test("open hands the browser a private file, so that no argument has the code", async (t) => {
  const all = await setup(t);
  const { env, opened, args } = opener(all);
  const answer = await all.call(["open"], { env });
  assert.deepEqual([answer.code, answer.stdout], [0, ""]);
  assert.match(answer.stderr, /Opened in your browser/);
  await eventually(async () => existsSync(opened));
  const [, code = ""] = /url=http:\/\/127\.0\.0\.1:\d+\/login#([\w-]{43})"/.exec(readFileSync(opened, "utf8")) ?? [];
  assert.equal((await all.signIn(code)).status, 201);
  assert.ok(!readFileSync(args, "utf8").includes(code));
});

test("over ssh, without a screen or without a browser the address is printed", async (t) => {
  const all = await setup(t);
  const { env, opened } = opener(all);
  const ssh = await all.call(["open"], { env: { ...env, SSH_CONNECTION: "1.2.3.4 1 5.6.7.8 22" }, columns: 200 });
  assert.match(ssh.stdout, /\/login#/);
  assert.match(ssh.stderr, new RegExp(`ssh -L ${all.door.port}:127\\.0\\.0\\.1:${all.door.port} `));
  assert.match((await all.call(["open"], { env: { ...env, DISPLAY: "" } })).stdout, /\/login#/);
  assert.ok(!existsSync(opened));
  const empty = all.place.workdir("empty");
  assert.match((await all.call(["open"], { env: { PATH: empty, DISPLAY: ":0" } })).stdout, /\/login#/);
  assert.match((await all.call(["open"], { env: opener(all, 3).env })).stdout, /\/login#/);
});

test("open says what to do where the server has no port", async (t) => {
  const { call } = await setup(t, false);
  const answer = await call(["open", "--print"]);
  assert.equal(answer.stdout, "");
  assert.notEqual(answer.code, 0);
  assert.match(answer.stderr, /no TCP port.*claude-worker server restart --port 8001/s);
});

test("sessions are listed and revoked by id, or all of them", async (t) => {
  const { api, call, door } = await setup(t);
  assert.match((await call(["session", "list"], { columns: 120, env: { NO_COLOR: "1" } })).stdout, /No browser is signed in/);
  for (const agent of ["Firefox", "Chrome", "Safari"]) {
    const { code } = await api.createLoginCode({}, { scope: "admin", name: "socket" });
    const headers = { "user-agent": agent };
    await door.call({ path: "/api/v1/sessions", body: { code }, headers, tcp: true, token: null });
  }
  assert.match((await call(["session", "list"])).stdout, /^1\tadmin\t\t127\.0\.0\.1\t\S+Z\t\S+Z\t\S+Z\tFirefox\n2\t/);
  assert.match(
    (await call(["session", "list"], { columns: 120, env: { NO_COLOR: "1" } })).stdout,
    /ID +SCOPE +TOKEN +FROM +USED +ENDS +BROWSER/,
  );
  assert.equal((await call(["session", "revoke", "2"])).stdout, "Signed out: 2\n");
  assert.match((await call(["session", "revoke", "2"])).stderr, /There is no browser session 2/);
  assert.equal((await call(["session", "revoke"])).code, 2);
  assert.equal((await call(["session", "revoke", "x"])).code, 2);
  assert.equal((await call(["session", "revoke", "1", "--all"])).code, 2);
  assert.deepEqual((await call(["session", "revoke", "--all", "--json"])).json(), { ended: [1, 3] });
  assert.deepEqual((await call(["session", "list", "--json"])).json(), { sessions: [] });
});
