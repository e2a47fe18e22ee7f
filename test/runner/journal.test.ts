import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Journal } from "../../src/runner/journal.ts";
import { redaction } from "../../src/runner/redaction.ts";
import { scratch } from "../../testing/scratch.ts";

function setup(t: TestContext, env: Record<string, string> = {}) {
  const { directory } = scratch(t);
  const file = path.join(directory, "task_1_raw.log");
  const sizes: number[] = [];
  const open = (attemptId = 1): Journal => {
    const journal = new Journal({
      file,
      attemptId,
      redaction: redaction(env),
      onGrown: (size) => sizes.push(size),
      now: () => Date.UTC(2026, 10, 22, 12),
      up: () => 60_000,
    });
    t.after(() => journal.close());
    return journal;
  };
  return { directory, file, sizes, open, lines: () => readFileSync(file, "utf8").split("\n") };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("journal records are numbered from 1 and stamped with attempt and time", async (t) => {
  const { open, lines } = setup(t);
  const journal = open(7);
  journal.append({ type: "assistant", text: "one" });
  journal.append({ type: "user", text: "two\nlines" });
  await journal.close();
  const stamp = { _attempt: 7, _at: "2026-11-22T12:00:00.000Z", _up: 60_000 };
  assert.deepEqual(
    lines()
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
    [
      { type: "assistant", text: "one", _n: 1, ...stamp },
      { type: "user", text: "two\nlines", _n: 2, ...stamp },
    ],
  );
});

test("records of one turn of the event loop are written to the journal at once", async (t) => {
  const { open, file, sizes } = setup(t);
  const journal = open();
  for (let at = 0; at < 100; at += 1) journal.append({ type: "assistant", text: "x" });
  assert.equal(statSync(file).size, 0);
  await turn();
  assert.equal(statSync(file).size, journal.size);
  assert.deepEqual(sizes, [journal.size]);
});

test("the journal's file is private", (t) => {
  const { open, file } = setup(t);
  open();
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("a journal line that a killed writer tore is closed before the next record", async (t) => {
  const { open, file, lines } = setup(t);
  writeFileSync(file, '{"type":"assistant","_n":1}\n{"type":"assis');
  const journal = open(2);
  journal.append({ type: "result" });
  await journal.close();
  assert.equal(lines()[1], '{"type":"assis');
  assert.equal((JSON.parse(lines()[2] ?? "") as { type: string }).type, "result");
});

test("a link in the journal's place is refused", (t) => {
  const { open, file, directory } = setup(t);
  const elsewhere = path.join(directory, "elsewhere");
  appendFileSync(elsewhere, "");
  symlinkSync(elsewhere, file);
  assert.throws(() => open(), { code: "ELOOP" });
});

test("secret values and well-known shapes of secrets do not reach the journal", async (t) => {
  const secret = 'pass"word\\with\nall';
  const { open, file } = setup(t, {
    ANTHROPIC_API_KEY: "my-own-gateway-key-1",
    DB_PASSWORD: secret,
    PATH: "/usr/bin:/bin/long",
    NODE_ENV: "production",
  });
  const journal = open();
  const record = journal.append({
    type: "user",
    content: [
      {
        text: `key my-own-gateway-key-1, ${secret}, sk-ant-api03-abcdefgh, Authorization: Bearer abcdefghijklmnopqrstuvwxyz=`,
        path: "/usr/bin:/bin/long",
      },
    ],
    more: { "a key": "ghp_abcdefghijklmnopqrstuvwxyz0123 AKIAIOSFODNN7EXAMPLE eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl production" },
  });
  await journal.close();
  const text = readFileSync(file, "utf8");
  for (const leaked of ["my-own-gateway", "pass", "all,", "sk-ant", "abcdefghijkl", "ghp_", "AKIA", "eyJ"])
    assert.ok(!text.includes(leaked), `${leaked} leaked`);
  assert.ok(text.includes("/usr/bin:/bin/long") && text.includes("production"));
  assert.deepEqual(JSON.parse(text), record);
});

test("a secret that is a word of the protocol does not change what a message is", async (t) => {
  const { open, file } = setup(t, { MY_TOKEN: "assistant" });
  const journal = open();
  journal.append({ type: "assistant", text: "the assistant" });
  await journal.close();
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), {
    type: "assistant",
    text: "the [redacted]",
    _n: 1,
    _attempt: 1,
    _up: 60_000,
    _at: "2026-11-22T12:00:00.000Z",
  });
});

test("a full disk delays journal records and loses none", { skip: !hasPrlimit() && "prlimit is not here" }, (t) => {
  const { directory, file } = setup(t);
  // A limit on the size of files makes writes fail in the middle of a line; it is lifted from
  // outside while the writer waits.
  const source = `
    process.on("SIGXFSZ", () => {});
    const { Journal } = await import(${JSON.stringify(path.resolve(import.meta.dirname, "../../src/runner/journal.ts"))});
    const { redaction } = await import(${JSON.stringify(path.resolve(import.meta.dirname, "../../src/runner/redaction.ts"))});
    const { execFileSync } = await import("node:child_process");
    const journal = new Journal({ file: ${JSON.stringify(file)}, attemptId: 1, redaction: redaction({}), onGrown: () => {}, now: Date.now, up: () => 0 });
    execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=1000:unlimited"]);
    for (let at = 0; at < 50; at += 1) { journal.append({ type: "assistant", text: "x".repeat(100) }); await new Promise(setImmediate); }
    const { statSync } = await import("node:fs");
    if (statSync(${JSON.stringify(file)}).size > 1000) throw new Error("the limit does not hold");
    execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited:unlimited"]);
    await journal.close();
  `;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", source], { cwd: directory, encoding: "utf8", timeout: 500_000 });
  assert.equal(run.status, 0, run.stderr);
  const numbers = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { _n: number })._n);
  assert.deepEqual(
    numbers,
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
});

function hasPrlimit(): boolean {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
