/** Two servers never share a database or logs, whichever variables lead them there. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { worker } from "../../testing/worker.ts";
import type { CliResult, TestWorker } from "../../testing/worker.ts";

/** A running server, and calls for another one with a data directory of its own. */
async function setup(t: TestContext, env: (place: (name: string) => string) => Record<string, string>) {
  const w = await worker(t);
  const place = (name: string): string => path.join(w.place.directory, name);
  mkdirSync(place("elsewhere"), { mode: 0o700 });
  Object.assign(w.env, env(place));
  await w.start();
  const second = (more: Record<string, string>, ...words: string[]): Promise<CliResult> =>
    w.cli(words, { env: { CLAUDE_WORKER_HOME: place("second"), CLAUDE_WORKER_DB: "", CLAUDE_WORKER_LOG_DIR: "", ...more } });
  t.after(async () => void (await second({}, "server", "stop", "--now")));
  return { w, place, second };
}

async function assertRefused(w: TestWorker, call: Promise<CliResult>, held: string, variable: string): Promise<void> {
  const { pid } = await w.client.server();
  const { code, stderr } = await call;
  assert.equal(code, 1, stderr);
  assert.ok(stderr.startsWith(`Error: Another server (process ${pid}) uses `), stderr);
  assert.ok(stderr.includes(` holds ${held}. `) && stderr.includes(`(${variable})`), stderr);
  assert.equal((await w.client.server()).pid, pid);
}

test("a second server with the database of another one does not start", async (t) => {
  const { w, place, second } = await setup(t, (at) => ({ CLAUDE_WORKER_DB: at("elsewhere/x.db") }));
  symlinkSync(place("elsewhere/x.db"), place("link.db"));
  for (const name of ["elsewhere/x.db", "link.db"])
    for (const words of [["server", "start"], ["list"], ["server", "start", "--takeover"]])
      await assertRefused(w, second({ CLAUDE_WORKER_DB: place(name) }, ...words), place("elsewhere/x.db.lock"), "CLAUDE_WORKER_DB");
  assert.equal((await w.cli(["db", "backup", place("copy.db")])).code, 0);
  await assertRefused(
    w,
    second({ CLAUDE_WORKER_DB: place("link.db") }, "db", "restore", place("copy.db")),
    place("elsewhere/x.db.lock"),
    "CLAUDE_WORKER_DB",
  );
  assert.equal((await second({ CLAUDE_WORKER_DB: place("elsewhere/y.db") }, "server", "start")).code, 0);
});

test("a second server in the data directory of another one does not start", async (t) => {
  const { w, second } = await setup(t, () => ({}));
  const lock = path.join(w.place.dataHome, "server.lock");
  const [db, logs] = ["tasks.db", "logs"].map((name) => path.join(w.place.dataHome, name)) as [string, string];
  await assertRefused(w, second({ CLAUDE_WORKER_DB: db }, "server", "start"), lock, "CLAUDE_WORKER_DB");
  await assertRefused(w, second({ CLAUDE_WORKER_LOG_DIR: logs }, "server", "start"), lock, "CLAUDE_WORKER_LOG_DIR");
  assert.equal((await second({}, "server", "start")).code, 0);
});

test("a second server with the logs of another one does not start", async (t) => {
  const { w, place, second } = await setup(t, (at) => ({ CLAUDE_WORKER_LOG_DIR: at("elsewhere/l") }));
  symlinkSync(place("elsewhere"), place("by-link"));
  for (const name of ["elsewhere/l", "by-link/l"])
    await assertRefused(
      w,
      second({ CLAUDE_WORKER_LOG_DIR: place(name) }, "server", "start"),
      place("elsewhere/l/server.lock"),
      "CLAUDE_WORKER_LOG_DIR",
    );
});

test("a takeover takes a database and logs elsewhere, too", async (t) => {
  const { w } = await setup(t, (at) => ({ CLAUDE_WORKER_DB: at("elsewhere/x.db"), CLAUDE_WORKER_LOG_DIR: at("elsewhere/l") }));
  const old = await w.client.server();
  process.kill(old.pid, "SIGSTOP");
  try {
    const { code, stderr } = await w.cli(["server", "restart", "--takeover"]);
    assert.equal(code, 0, stderr);
    const { stdout } = await w.cli(["server", "status", "--json"]);
    assert.notEqual((JSON.parse(stdout) as { pid: number }).pid, old.pid);
    // The locks are those of the new server now, and end with it.
    assert.equal((await w.cli(["server", "stop", "--now"])).code, 0);
    assert.equal((await w.cli(["server", "start"])).code, 0);
  } finally {
    process.kill(old.pid, "SIGKILL");
  }
});
