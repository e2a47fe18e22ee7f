import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { currentBootId, identityOf, isAlive, killIfSame, listDescendants } from "../../src/processes/identity.ts";
import { readFromProc } from "../../src/processes/proc.ts";
import { listProcesses } from "../../src/processes/process-table.ts";
import { listFromPs, markedInPs, readFromPs } from "../../src/processes/ps.ts";
import { becomeSubreaper } from "../../src/processes/subreaper.ts";
import { markerName, sweep } from "../../src/processes/sweep.ts";
import { exited } from "../../testing/exited.ts";
import { scratch } from "../../testing/scratch.ts";
import { slowExit } from "../../testing/slow-exit.ts";
import { until } from "../../testing/wait.ts";

const linuxOnly = { skip: process.platform !== "linux" && "only Linux tells" };

interface Shell {
  readonly child: ChildProcess;
  readonly marker: string;
  readonly directory: string;
  /** Waits for a pid that the script wrote into a file. */
  pid(file: string): Promise<number>;
}

/** Runs a shell script whose environment carries a marker. */
function shell(t: TestContext, script: string, env: Record<string, string> = {}): Shell {
  const { directory } = scratch(t);
  const marker = `test-${crypto.randomUUID()}`;
  const child = spawn("/bin/sh", ["-c", script], {
    cwd: directory,
    stdio: "ignore",
    env: { PATH: process.env["PATH"] ?? "", [markerName]: marker, ...env },
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await sweep(marker);
  });
  const pid = (file: string): Promise<number> =>
    until(`a pid in ${file}`, () => {
      const at = path.join(directory, file);
      return existsSync(at) ? Number(readFileSync(at, "utf8")) || null : null;
    });
  return { child, marker, directory, pid };
}

/** A zombie is told of when the last of its threads is gone. */
function isReapable(pid: number): boolean {
  const isZombie = readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  return isZombie && readdirSync(`/proc/${pid}/task`).length === 1;
}

test("a command line is read as UTF-8, and a long one is cut between its words", async (t) => {
  const { marker, pid } = shell(t, `sh -c 'echo $$ >a; sleep 1000; :' müller ${"0123456789".repeat(60)} "$LONG" end & sleep 1000`, {
    LONG: `${"x".repeat(9_000)} ${"y".repeat(9_000)}`,
  });
  const swept = new Map((await pid("a").then(() => sweep(marker))).map((each) => [each.pid, each.command]));
  const command = swept.get(await pid("a")) ?? "";
  assert.match(command, /^sh -c .* müller (0123456789){60} x{9000}$/s);
});

test("a process is known by its pid and its start time", async () => {
  const self = await identityOf(process.pid);
  assert.ok(self);
  assert.equal(await isAlive(self), true);
  assert.equal(await isAlive({ ...self, start: `${self.start}0` }), false);
});

test("the boot of the machine has an id that stays", async () => {
  const id = await currentBootId();
  assert.ok(id);
  assert.equal(await currentBootId(), id);
});

test("a sweep finds a process that keeps becoming another program", async (t) => {
  for (let round = 0; round < 40; round += 1) {
    const { marker, pid } = shell(t, 'echo $$ > pid; export LOOP=\'exec sh -c "$LOOP"\'; exec sh -c "$LOOP"');
    const looping = await pid("pid");
    await sweep(marker);
    assert.equal(await identityOf(looping), null, `round ${round}`);
  }
});

test("a process with another start time is not signalled", async (t) => {
  const { child, pid } = shell(t, "echo $$ > pid; exec sleep 1000");
  const identity = await identityOf(await pid("pid"));
  assert.ok(identity);
  assert.equal(await killIfSame({ ...identity, start: "1" }, "SIGKILL"), false);
  assert.equal(await isAlive(identity), true);
  assert.equal(await killIfSame(identity, "SIGKILL"), true);
  await exited(child);
});

test("a process that the kernel still takes down counts as ended", linuxOnly, async (t) => {
  const child = spawn(process.execPath, ["-e", `${slowExit} console.log("ready"); setInterval(() => {}, 1000);`]);
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  assert.equal(readFromProc(pid)?.alive, true);
  child.kill("SIGKILL");
  let looks = 0;
  // Without a break, so that nobody reaps it: its whole end is seen.
  while (!isReapable(pid)) {
    // Not reapable behind the look, so not at the look either.
    if (readFromProc(pid)?.alive === false && !isReapable(pid)) looks += 1;
  }
  assert.ok(looks > 0);
  await exited(child);
});

test("a sweep takes only the children of a process that is exiting", linuxOnly, async (t) => {
  // As a runner is: what a child leaves behind comes here.
  assert.ok(await becomeSubreaper());
  const program = `${slowExit}
    const left = require("node:child_process").spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    console.log(left.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", program]);
  t.after(() => child.kill("SIGKILL"));
  const left = Number(String((await once(child.stdout, "data"))[0]));
  const exitedChild = exited(child);
  child.kill("SIGKILL");
  while (readFromProc(child.pid ?? 0)?.alive === true);
  assert.equal(await identityOf(child.pid ?? 0), null);
  assert.ok(await identityOf(left), "its own child lives");
  const swept = await sweep(`none-${crypto.randomUUID()}`, { root: process.pid, adopting: true });
  assert.deepEqual(
    swept.map(({ pid }) => pid),
    [left],
  );
  await exitedChild;
});

test("a process whose first thread has ended lives as long as another one does", linuxOnly, async (t) => {
  // The system call ends the thread that makes it; Node's others go on.
  const exit = process.arch === "x64" ? 60 : 93;
  const program = `require("koffi").load(null).func("long syscall(long number, long code)")(${exit}, 0)`;
  const child = spawn(process.execPath, ["-e", program], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  await until("a first thread that is over", () => readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ") || null);
  assert.equal(readFromProc(pid)?.alive, true);
});

test("a zombie counts as ended", async (t) => {
  // The shell is replaced by a program that never waits for its child.
  const { pid } = shell(t, "sh -c 'echo $$ > pid; sleep 0.1' & exec sleep 1000");
  const zombie = await pid("pid");
  await until("a zombie", async () => (await listProcesses()).some((row) => row.pid === zombie && !row.alive));
  assert.equal(process.kill(zombie, 0), true);
  assert.equal(await identityOf(zombie), null);
});

test("a sweep finds descendants through their parents", async (t) => {
  const { child, pid } = shell(t, "sh -c 'sh -c \"echo \\$\\$ > deep; exec sleep 1000\"; true'; true");
  const deep = await pid("deep");
  const found = await listDescendants(child.pid ?? 0);
  assert.ok(found.some((identity) => identity.pid === deep));
  assert.ok(!found.some((identity) => identity.pid === child.pid));
});

test("a sweep ends what runs in sessions of its own and what was forked twice", async (t) => {
  const { child, marker, pid } = shell(
    t,
    `setsid sh -c 'echo $$ > own-session; exec sleep 1000' &
     (setsid sh -c 'sh -c "echo \\$\\$ > forked-twice; exec sleep 1000" &' &)
     nohup sh -c 'echo $$ > nohup; exec sleep 1000' > /dev/null 2>&1 &
     exit 0`,
  );
  const pids = await Promise.all(["own-session", "forked-twice", "nohup"].map(pid));
  await exited(child);
  const swept = await sweep(marker);
  for (const one of pids) {
    assert.equal(await identityOf(one), null, `process ${one} is left`);
    const named = swept.find((process) => process.pid === one);
    assert.equal(named?.signal, "SIGKILL");
    assert.match(named?.command ?? "", /sleep 1000/);
  }
});

test("a sweep finds a child without the marker through its marked parent", async (t) => {
  const { marker, pid } = shell(t, "env -i /bin/sh -c 'echo $$ > bare; exec /bin/sleep 1000'; true");
  const bare = await pid("bare");
  await sweep(marker);
  assert.equal(await identityOf(bare), null);
});

test("a sweep asks processes politely first, and insists where that does not help", async (t) => {
  const { marker, pid, directory } = shell(
    t,
    `sh -c 'trap "echo bye > said; exit 0" TERM; echo $$ > polite; while :; do sleep 0.05; done' &
     sh -c 'trap "" TERM; echo $$ > stubborn; while :; do sleep 0.05; done' &
     exit 0`,
  );
  const [polite, stubborn] = await Promise.all([pid("polite"), pid("stubborn")]);
  const swept = await sweep(marker, { graceMs: 1_500 });
  assert.equal(swept.find((process) => process.pid === polite)?.signal, "SIGTERM");
  assert.equal(swept.find((process) => process.pid === stubborn)?.signal, "SIGKILL");
  assert.equal(readFileSync(path.join(directory, "said"), "utf8"), "bye\n");
});

test("a sweep keeps up with a tree that goes on forking", async (t) => {
  const { marker, pid } = shell(t, "setsid sh -c 'echo $$ > pid; while :; do sleep 1000 & sleep 0.01; done' & exit 0");
  await pid("pid");
  await sweep(marker);
  assert.deepEqual(await sweep(marker), []);
});

test("a sweep returns when what it ended has let go of its port", async (t) => {
  // Its memory is taken apart before its socket is closed.
  const program = `globalThis.memory = Buffer.alloc(800_000_000, 1); const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));`;
  const marker = `test-${crypto.randomUUID()}`;
  const child = spawn(process.execPath, ["-e", program], { env: { PATH: process.env["PATH"] ?? "", [markerName]: marker } });
  t.after(() => child.kill("SIGKILL"));
  const port = Number(String((await once(child.stdout, "data"))[0]));
  assert.equal((await sweep(marker)).length, 1);
  const again = createServer();
  t.after(() => again.close());
  await once(again.listen(port, "127.0.0.1"), "listening");
});

test("a sweep touches neither strangers nor itself", async (t) => {
  const stranger = shell(t, "echo $$ > pid; exec sleep 1000");
  const strangerPid = await stranger.pid("pid");
  assert.deepEqual(await sweep(`test-${crypto.randomUUID()}`), []);
  // A prefix of a marker is another marker.
  assert.deepEqual(await sweep(stranger.marker.slice(0, -1)), []);
  assert.notEqual(await identityOf(strangerPid), null);
  // A server that was started from within an agent carries the marker: it does not end itself.
  const source = `
    const { sweep } = await import(${JSON.stringify(path.resolve(import.meta.dirname, "../../src/processes/sweep.ts"))});
    console.log(JSON.stringify(await sweep(process.env.${markerName})));
  `;
  const marked = spawn(process.execPath, ["--input-type=module", "-e", source], {
    env: { ...process.env, [markerName]: `test-${crypto.randomUUID()}` },
  });
  let said = "";
  marked.stdout.on("data", (text) => (said += String(text)));
  await new Promise((resolve) => marked.once("close", resolve));
  assert.equal(said.trim(), "[]");
});

test("ps reports the same processes as /proc", { skip: process.platform !== "linux" && "there is no /proc here" }, async (t) => {
  const { child, marker, pid } = shell(t, "echo $$ > pid; exec sleep 1000");
  const sleeping = await pid("pid");
  const row = (await listFromPs()).find((process) => process.pid === sleeping);
  assert.ok(row);
  assert.equal(row.alive, true);
  assert.equal(row.parent, process.pid);
  assert.deepEqual(await readFromPs(sleeping), row);
  assert.deepEqual(await markedInPs([row], markerName, marker), [row]);
  assert.deepEqual(await markedInPs([row], markerName, "another"), []);
  child.kill("SIGKILL");
  await exited(child);
  assert.equal(await readFromPs(sleeping), null);
});
