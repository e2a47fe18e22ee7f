/**
 * Item 46: what another user's `.git`, and files of others that do not parse, do to tasks below.
 * Measured with Claude Code 2.1.330.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { brokenSettings } from "../../src/config/claude-settings-files.ts";
import { filesAbove } from "../../src/config/files-above.ts";
import { step } from "../../testing/model.ts";
import { scratch } from "../../testing/scratch.ts";
import { worker } from "../../testing/worker.ts";
import { foreign, place } from "./foreign-files.ts";

const isRoot = process.getuid?.() === 0;
const local = path.join(".claude", "settings.local.json");

function put(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/**
 * A repository at `main` and the `.git` file that makes `top` a work tree of it. @returns the
 * file's text.
 */
function worktreeOf(main: string, top: string): string {
  mkdirSync(main, { recursive: true });
  const git = (...words: string[]): void =>
    void execFileSync("git", ["-C", main, "-c", "user.name=n", "-c", "user.email=a@b", ...words], { stdio: "pipe" });
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "x");
  git("worktree", "add", "-q", `${main}-tree`);
  const [name = ""] = readdirSync(path.join(main, ".git", "worktrees"));
  const entry = path.join(main, ".git", "worktrees", name);
  writeFileSync(path.join(entry, "gitdir"), `${path.join(top, ".git")}\n`);
  return `gitdir: ${entry}\n`;
}

test("a .git file of another user above the directory is refused by its name", (t) => {
  const { directory } = scratch(t);
  const { shared, project } = place(directory);
  const look = () => filesAbove(project, "/nowhere");
  const text = worktreeOf(path.join(directory, "main"), shared);
  const file = foreign(path.join(shared, ".git"), text);
  assert.equal(look().refused, file);
  mkdirSync(path.join(project, ".git"));
  assert.equal(look().refused, null);
});

test("the .claude of a worktree's checkout counts as one above", (t) => {
  for (const top of ["shared", "project"] as const) {
    const { directory } = scratch(t);
    const places = place(directory);
    const main = path.join(directory, "main");
    put(path.join(places[top], ".git"), worktreeOf(main, places[top]));
    const look = () => filesAbove(places.project, "/nowhere");
    const settings = put(path.join(main, local), "{}");
    assert.deepEqual([look().refused, look().localSettings.includes(settings)], [null, true], top);
    const agent = foreign(path.join(main, ".claude", "agents", "a.md"), "x");
    assert.deepEqual([look().refused, look().localSettings], [agent, []], top);
    rmSync(agent);
    foreign(settings, "{}");
    assert.deepEqual([look().refused, look().localSettings], [settings, []], top);
    assert.equal(filesAbove(places.project, main).refused, null, "the user's own .claude is no project's");
  }
});

test("a trusted worktree of another owner may belong to that owner's checkout", { skip: !isRoot }, (t) => {
  const { directory } = scratch(t);
  const { project } = place(directory);
  const main = path.join(directory, "main");
  put(path.join(project, ".git"), worktreeOf(main, project));
  const agent = foreign(path.join(main, ".claude", "agents", "a.md"), "x");
  assert.equal(filesAbove(project, "/nowhere").refused, agent);
  chownSync(project, 65_534, 65_534);
  assert.equal(filesAbove(project, "/nowhere").refused, null);
});

test("files of another user that do not parse break nothing below", (t) => {
  const { directory } = scratch(t);
  const { shared, project } = place(directory);
  const broken = () => brokenSettings(project, { HOME: "/nowhere" }).map(({ file }) => file);
  foreign(path.join(shared, ".mcp.json"), "{");
  assert.deepEqual(broken(), []);
  const own = put(path.join(shared, "alice", ".mcp.json"), "{");
  assert.deepEqual(broken(), [own]);
  rmSync(own);
  mkdirSync(path.join(shared, ".git"));
  const settings = put(path.join(shared, local), "{");
  assert.deepEqual(broken(), [settings]);
  foreign(settings, "{");
  assert.deepEqual(broken(), [], "it is refused by its name");
  assert.equal(filesAbove(project, "/nowhere").refused, settings);
});

test("a task runs below another user's .mcp.json that does not parse", async (t) => {
  const w = await worker(t, { "say hello": [step.text("hello")] });
  const { shared, project } = place(w.place.directory);
  foreign(path.join(shared, ".mcp.json"), '{"mcpServers": ');
  await w.start();
  await w.client.addTrust({ directory: project });
  const submitted = await w.cli(["run", "say hello", "--dir", project, "--json"]);
  assert.equal(submitted.code, 0, submitted.stderr);
  assert.equal(submitted.stderr, "");
  const task = await w.ended(1);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
});

test("another user's .git file leads no task to the agents of another checkout", async (t) => {
  const w = await worker(t, { "say hello": [step.text("hello")] });
  const { shared, project } = place(w.place.directory);
  const main = path.join(w.place.directory, "main");
  const text = worktreeOf(main, shared);
  put(path.join(main, ".claude", "agents", "a.md"), "---\nname: a\ndescription: EVIL-AGENT\n---\nx");
  const file = foreign(path.join(shared, ".git"), text);
  await w.start();
  await w.client.addTrust({ directory: project });
  const { id, ...submitted } = await w.submit("say hello", { working_directory: project });
  const says = new RegExp(`${file} belongs to another user, or others can write it`);
  assert.match(JSON.stringify(submitted), says);
  const { status, error } = await w.ended(id);
  assert.deepEqual([status, error?.code], ["failed", "environment_failed"]);
  assert.match(error?.message ?? "", says);
  assert.match((await w.cli(["doctor"], { cwd: project })).stdout.replaceAll(/\s+/g, " "), says);
  assert.deepEqual(w.model.requests(), []);
});

test("a .git directory of another user makes Claude Code read no local settings", { skip: !isRoot }, async (t) => {
  const w = await worker(t, { "say hello": [step.text("hello")] });
  const { shared, project } = place(w.place.directory);
  const ran = path.join(w.place.directory, "ran");
  const hook = { hooks: [{ type: "command", command: `touch ${ran}` }] };
  put(path.join(shared, local), JSON.stringify({ hooks: { SessionStart: [hook] } }));
  execFileSync("git", ["-C", shared, "init", "-q"]);
  chmodSync(shared, 0o755);
  await w.start();
  await w.client.addTrust({ directory: project });
  const git = path.join(shared, ".git");
  for (const owner of [65_534, 0]) {
    chownSync(git, owner, owner);
    const { status, error } = await w.ended((await w.submit("say hello", { working_directory: project })).id);
    assert.equal(status, "completed", JSON.stringify(error));
    assert.equal(existsSync(ran), owner === 0);
  }
});
