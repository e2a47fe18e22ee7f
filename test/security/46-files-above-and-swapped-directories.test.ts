/** Item 46: what other users put above a trusted directory, or into its place, is not used. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { filesAbove } from "../../src/config/files-above.ts";
import { ownMcpServers } from "../../src/agent/mcp-servers.ts";
import { StartGuard } from "../../src/agent/start-guard.ts";
import { eventually } from "../../testing/eventually.ts";
import { step } from "../../testing/model.ts";
import { scratch } from "../../testing/scratch.ts";
import { worker } from "../../testing/worker.ts";
import { foreign, place } from "./foreign-files.ts";

test("files above count where no other user can have written them", (t) => {
  const { shared, project } = place(scratch(t).directory);
  const look = () => filesAbove(project, "/nowhere");
  for (const name of ["CLAUDE.md", ".mcp.json"]) writeFileSync(path.join(shared, name), "{}", { mode: 0o644 });
  assert.deepEqual([look().hasForeign, look().mcpFiles, look().refused, look().isReplaceable], [false, null, null, false]);
  const instructions = foreign(path.join(shared, "CLAUDE.local.md"), "x");
  assert.equal(look().hasForeign, true);
  assert.ok(look().excluded.includes(instructions));
  assert.ok(!look().excluded.includes(path.join(shared, "CLAUDE.md")));
  const servers = foreign(path.join(shared, "alice", ".mcp.json"), "{}");
  assert.ok(look().mcpFiles?.includes(path.join(shared, ".mcp.json")));
  assert.ok(!look().mcpFiles?.includes(servers));
  const agent = foreign(path.join(shared, ".claude", "agents", "a.md"), "x");
  assert.equal(look().refused, agent);
  assert.equal(filesAbove(project, shared).refused, null, "the user's own .claude is no project's");
});

test("nothing counts in a directory that others can write to", (t) => {
  const { shared, project } = place(scratch(t).directory);
  const look = () => filesAbove(project, "/nowhere");
  writeFileSync(path.join(shared, "CLAUDE.md"), "x", { mode: 0o644 });
  for (const [mode, isReplaceable] of [
    [0o1777, false],
    [0o777, true],
    [0o775, true],
  ] as const) {
    chmodSync(shared, mode);
    if (mode === 0o775 && process.getuid?.() !== 0) continue; // A user's own group may be private.
    const { open, excluded, ...found } = look();
    assert.ok(open.includes(shared));
    assert.equal(found.isReplaceable, isReplaceable, mode.toString(8));
    for (const name of ["CLAUDE.md", "CLAUDE.local.md", ".claude/**"]) assert.ok(excluded.includes(path.join(shared, name)), name);
  }
});

test("a link to another user's file is another user's file", (t) => {
  const { directory } = scratch(t);
  const { shared, project } = place(directory);
  symlinkSync(foreign(path.join(directory, "theirs"), "x"), path.join(shared, "CLAUDE.md"));
  assert.ok(filesAbove(project, "/nowhere").excluded.includes(path.join(shared, "CLAUDE.md")));
});

test("the MCP servers of the files that count are handed over, nearest first", (t) => {
  const { directory, file } = scratch(t);
  const home = path.join(directory, "home");
  file(
    "home/.claude.json",
    JSON.stringify({ mcpServers: { mine: { command: "m" } }, projects: { "/p": { disabledMcpServers: ["off"] } } }),
  );
  const near = file("near.json", JSON.stringify({ mcpServers: { both: { command: "${A:-near}" }, off: { command: "x" } } }));
  const far = file("far.json", JSON.stringify({ mcpServers: { both: { command: "far" }, other: { url: "http://${HOST}/" } } }));
  assert.deepEqual(ownMcpServers("/p", [near, far], { HOME: home, HOST: "h" }), {
    mine: { command: "m" },
    both: { command: "near" },
    other: { url: "http://h/" },
  });
});

test("a directory that is swapped while a task starts ends the start", async (t) => {
  const { directory } = scratch(t);
  const { project } = place(directory);
  const elsewhere = path.join(directory, "elsewhere");
  mkdirSync(elsewhere);
  const told: string[] = [];
  const guard = new StartGuard(project, "/nowhere", (sentence) => told.push(sentence));
  t.after(() => guard.close());
  const child = spawn("sleep", ["60"], { cwd: guard.cwd });
  t.after(() => child.kill("SIGKILL"));
  const stranger = spawn("sleep", ["60"], { cwd: elsewhere });
  t.after(() => stranger.kill("SIGKILL"));
  assert.equal(guard.isWorkedInBy(child.pid ?? 0), true);
  assert.equal(guard.isWorkedInBy(stranger.pid ?? 0), process.platform !== "linux");
  renameSync(project, `${project}.away`);
  symlinkSync(elsewhere, project);
  assert.equal(guard.isWorkedInBy(child.pid ?? 0), false, "its name leads elsewhere");
  await eventually(() => told.length === 1);
  assert.match(told[0] ?? "", /project was replaced while the task started/);
  assert.throws(() => new StartGuard(project, "/nowhere", () => {}), /is a symbolic link now, to .*elsewhere/);
  const link = path.join(directory, "link");
  mkdirSync(path.join(elsewhere, "below"));
  symlinkSync(elsewhere, link);
  assert.throws(() => new StartGuard(path.join(link, "below"), "/nowhere", () => {}), /below leads elsewhere now/);
});

test("a task runs below another user's files without them, or fails with the name", async (t) => {
  const w = await worker(t, { "say hello": [step.text("hello")] });
  chmodSync(w.place.directory, 0o755);
  const { shared, project } = place(path.join(w.place.directory));
  const ran = path.join(w.place.directory, "ran");
  const own = path.join(w.place.directory, "own-ran");
  const touch = (file: string) => JSON.stringify({ mcpServers: { s: { command: "sh", args: ["-c", `touch ${file}`] } } });
  foreign(path.join(shared, ".mcp.json"), touch(ran));
  foreign(path.join(shared, "CLAUDE.md"), "EVIL-INSTRUCTIONS");
  writeFileSync(path.join(project, ".mcp.json"), touch(own));
  writeFileSync(path.join(project, "CLAUDE.md"), "OWN-INSTRUCTIONS");
  await w.start();
  await w.client.addTrust({ directory: project });
  const { id } = await w.submit("say hello", { working_directory: project });
  assert.equal((await w.ended(id)).status, "completed");
  const asked = JSON.stringify(w.model.requests());
  assert.ok(asked.includes("OWN-INSTRUCTIONS") && !asked.includes("EVIL-INSTRUCTIONS"));
  await eventually(() => existsSync(own));
  assert.equal(existsSync(ran), false);
  const agent = foreign(path.join(shared, ".claude", "agents", "a.md"), "---\nname: a\ndescription: b\n---\n");
  const refused = await w.ended((await w.submit("say hello", { working_directory: project })).id);
  assert.equal(refused.status, "failed");
  assert.ok(refused.error?.message.includes(agent), refused.error?.message);
  assert.ok(lstatSync(agent).isFile());
});
