/**
 * The sandbox of commands with the real Claude Code. What needs bubblewrap and socat is skipped
 * where they are not installed.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/script.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

const isThere = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(path.delimiter).some((directory) => {
    try {
      accessSync(path.join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
const missing = process.platform === "linux" ? ["bwrap", "socat"].filter((program) => !isThere(program)) : [];
const hasSandbox = missing.length === 0;
const needsSandbox = { skip: hasSandbox ? false : `${missing.join(" and ")} not installed` };
const needsNone = { skip: hasSandbox ? "this machine has a sandbox" : false };

test("without a sandbox on the machine `on` fails, and `auto` runs without one", needsNone, async (t) => {
  const w = await worker(t, { "say hi": [step.bash("touch made"), step.text("Hi.")] });
  await w.start();
  const on = await w.ended(Number((await w.cli(["run", "say hi", "--sandbox", "on", "--allow", "Bash"])).stdout));
  assert.deepEqual([on.status, on.error?.code, on.error?.retryable], ["failed", "environment_failed", true]);
  assert.match(on.error?.message ?? "", /needs a sandbox \(--sandbox on\), and the machine has none: The sandbox needs bwrap/);
  assert.equal(w.model.requests().length, 0, "the model was not asked");
  const auto = Number((await w.cli(["run", "say hi", "--sandbox", "auto", "--allow", "Bash", "--verify", "test -e made"])).stdout);
  assert.equal((await w.ended(auto)).status, "completed");
  assert.match((await w.cli(["logs", String(auto)])).stdout, /The sandbox needs bwrap/);
});

test("hosts and modes that make no sense are refused", async (t) => {
  const w = await worker(t, {});
  await w.start();
  const refused = async (...flags: string[]): Promise<string> => (await w.cli(["run", "x", ...flags])).stderr;
  assert.match(await refused("--sandbox", "yes"), /--sandbox.*auto, on/);
  for (const host of ["*", "https://x.example", "*.com/x", "a b"])
    assert.match(await refused("--sandbox", "on", "--sandbox-allow-host", host), /the host .* (would be|is )/, host);
});

test("a parked Claude Code takes the sandbox of a task", needsSandbox, async (t) => {
  const script = [step.bash("cat $HOME/.netrc; curl -sS -m 5 http://blocked.example/; touch ../outside"), step.text("Done.")];
  const w = await worker(t, { "look around": script }, { env: { CLAUDE_WORKER_WARM: "1" } });
  w.place.file("home/.netrc", "PRIVATE");
  await w.start();
  await until("a parked Claude Code", async () => (await w.client.server()).workers.parked === 1);
  const id = Number((await w.cli(["run", "look around", "--sandbox", "on", "--sandbox-allow-host", "*.allowed.example"])).stdout);
  const { status, error } = await w.ended(id);
  assert.equal(status, "completed", error?.message);
  const { events } = await w.client.taskEvents({ id, tail: 100 });
  const result = events.find(({ type }) => type === "tool_result");
  assert.ok(result?.type === "tool_result");
  assert.match(result.data.text, /\.netrc: No such file[\s\S]*Connection blocked by network allowlist|blocked[\s\S]*outside': Read-only/);
  assert.doesNotMatch(result.data.text, /PRIVATE/);
  assert.equal(existsSync(path.join(w.place.directory, "outside")), false);
});

/** Tries to name another configuration to git. */
function pointers(where: string): string {
  const change = `(echo /evil > "$d/$f") && echo changed ${where} && unlink "$d/$f"`;
  return `d="$(git rev-parse ${where})"; for f in commondir config.worktree; do ${change}; done`;
}

test("commands of Claude, set-up and verify are in the sandbox alike", needsSandbox, async (t) => {
  const look = (name: string): string =>
    [
      `exec > ${name} 2>&1`,
      "cat $HOME/.ssh/id_rsa",
      "cat $STATE/token",
      "ls $STATE/workspaces/*/",
      "touch $HOME/outside && echo wrote outside",
      "touch inside && echo wrote inside",
      "echo key=$ANTHROPIC_API_KEY",
      "echo port=$WORKER_PORT",
      "curl -sS -m 5 http://blocked.example/ || true",
      "echo hook > $(git rev-parse --git-common-dir)/hooks/post-commit || echo no hook",
      pointers("--git-common-dir"),
      pointers("--git-dir"),
      "true",
    ].join("; ");
  const w = await worker(
    t,
    { "work in the box": [step.bash(`(${look("claude.txt")}); git add claude.txt; git commit -qm boxed`), step.text("Done.")] },
    { env: { CLAUDE_WORKER_AGENT_ENV: "STATE" } },
  );
  w.env["STATE"] = w.place.dataHome;
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: w.place.work, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "main");
  git("config", "user.name", "x");
  git("config", "user.email", "x@x");
  w.place.file("work/app.txt", "one\n");
  git("add", ".");
  git("commit", "-qm", "first");
  w.place.file("home/.ssh/id_rsa", "PRIVATE");
  await w.start();
  const flags = [
    "run",
    "work in the box",
    "--worktree",
    "--sandbox",
    "on",
    "--allow",
    "Bash",
    "--setup",
    look("setup.txt"),
    "--verify",
    look("verify.txt"),
  ];
  const { status, error, workspace } = await w.ended(Number((await w.cli(flags)).stdout));
  assert.equal(status, "completed", error?.message);
  for (const name of ["setup.txt", "claude.txt", "verify.txt"]) {
    const said = readFileSync(path.join(workspace?.path ?? "", name), "utf8");
    assert.doesNotMatch(said, /PRIVATE|wrote outside/, name);
    assert.match(said, /wrote inside\nkey=\nport=\d+\n/, name);
    assert.match(said, /no hook/, name);
    // Claude Code itself lets its commands write at the top of a repository's git directory.
    assert.doesNotMatch(said, name === "claude.txt" ? /changed --git-dir/ : /changed/, "git finds the same configuration");
    assert.match(said, /token: (No such file|Permission denied)/, name);
  }
  assert.equal(existsSync(path.join(w.place.home, "outside")), false);
  assert.equal(git("log", "-1", "--format=%s", workspace?.branch ?? ""), "boxed", "a commit can be made");
  assert.equal(existsSync(path.join(w.place.dataHome, "sandbox", "1")), false, "nothing of it is left");
  assert.match((await w.cli(["show", "1"])).stdout, /Sandbox +on/);
});
