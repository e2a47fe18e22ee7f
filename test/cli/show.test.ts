import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, showAs, withServer } from "./setup.ts";

test("show has everything about a task, and is harmless to a terminal without --raw", async (t) => {
  const { call } = await filled(t);
  const page = (await call(["show", "2"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  for (const part of [
    /^Task 2  ✔ completed\n  two\n/,
    /Directory +\/\S+/,
    /Permissions  acceptEdits/,
    /\nPrompt\n  two\n/,
    /\nResult\n  done\n/,
  ])
    assert.match(page, part);
  assert.doesNotMatch(page, /\x1b/);
  assert.match((await call(["show", "#2", "--raw"])).stdout, /two\x1b\[31m/);
  assert.equal((await call(["status", "2", "--json"])).json()["result"], "done");
});

test("a count of turns is shown when there is one", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const turns = async (count: number | null): Promise<string> => {
    showAs(api, { num_turns: count, status: "completed", ended_at: "2026-11-22T12:00:00Z" });
    const onTerminal = { columns: 80, env: { NO_COLOR: "1" } };
    return (await call(["show", "1"], onTerminal)).stdout + (await call(["wait", "1"], onTerminal)).stdout;
  };
  assert.match(await turns(2), /Turns +2\n[^]* · 2 turns/);
  for (const none of [0, null]) assert.doesNotMatch(await turns(none), /turns/i);
});

test("attempts says in full why each ended, on every width of terminal", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.finish(1);
  const { listAttempts } = api;
  const message =
    "The model is not available: There's an issue with the selected model. It may not exist or you may not have access to it.";
  api.listAttempts = async (input, caller) => {
    const { attempts } = await listAttempts(input, caller);
    return { attempts: attempts.map((each) => ({ ...each, outcome: { kind: "agent_failed" as const, message } })) };
  };
  for (const columns of [40, 80, 120, 250]) {
    const { stdout } = await call(["attempts", "1"], { columns, env: { NO_COLOR: "1" } });
    assert.ok(stdout.replaceAll(/\s+/g, " ").includes(message), stdout);
  }
});

test("show says who chose the model", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const model = async (part: object): Promise<string | undefined> => {
    showAs(api, { model: null, session_model: null, settings: null, ...part });
    return /Model +(.*)\n/.exec((await call(["show", "1"])).stdout)?.[1];
  };
  assert.equal(await model({}), "chosen by Claude Code");
  assert.equal(await model({ session_model: "claude-opus" }), "claude-opus (chosen by Claude Code)");
  assert.equal(await model({ session_model: "claude-haiku", settings: ["env", "model"] }), "claude-haiku (set by --settings)");
  assert.equal(await model({ model: "haiku", session_model: "claude-haiku" }), "haiku (claude-haiku)");
});

test("show cuts a long prompt on a terminal, and nowhere else", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "-"], { input: Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join("\n") });
  const onTerminal = (await call(["show", "1"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  assert.match(onTerminal, /\n {2}line 6\n {2}… 34 more lines: claude-worker show 1 --json \| jq -r \.prompt\n/);
  assert.match((await call(["show", "1"])).stdout, /\n {2}line 40\n/);
});

test("show leads from a failure to the retry that has a chance", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.finish(1, "failed");
  const first = async (part: object): Promise<string> => {
    showAs(api, { attempts: 1, attention: [], deny: [], error: null, ...part });
    const page = (await call(["show", "1"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
    return /\nNext\n {2}(.*?)(?: {2}.*)?\n/.exec(page)?.[1] ?? page;
  };
  const denied = (detail: string, deny: string[] = []): object => ({ deny, attention: [{ kind: "denied", count: 1, detail }] });
  const failed = (code: string, message = "x"): object => ({ error: { code, message, retryable: false } });
  const expected: [object, string][] = [
    [denied("Bash: git push origin main"), 'retry 1 --allow "Bash(git push origin main)"'],
    [denied("Bash: npm test; Write: /etc/x; …"), 'retry 1 --allow "Bash(npm test)" --allow Write'],
    [denied('Bash: echo "$HOME"'), `retry 1 --allow 'Bash(echo "$HOME")'`],
    [denied("Bash: cd x; ls"), 'retry 1 --allow "…"'],
    [denied("Bash: git push", ["Bash(git push:*)"]), "logs 1"],
    [{ ...failed("budget_exhausted"), max_budget_usd: 0.3, cost_usd: 0.36 }, "retry 1 --max-budget-usd 0.72"],
    [{ ...failed("agent_failed"), max_turns: 2, num_turns: 3 }, "retry 1 --max-turns 4"],
    [{ ...failed("timed_out", "Stopped: the attempt ran longer than its time limit."), timeout_ms: 90_000 }, "retry 1 --timeout 180s"],
    [{ ...failed("timed_out", "Stopped: the attempt was silent for longer"), stall_timeout_ms: 600 }, "retry 1 --stall-timeout 2s"],
    [failed("broken_settings"), "retry 1 --ignore-broken-settings"],
    [failed("no_work"), "logs 1"],
  ];
  for (const [part, command] of expected) assert.equal(await first(part), `claude-worker ${command}`);
});

test("show names both ways back of a skipped task", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "x"]);
  await call(["run", "y", "--after", "1"]);
  await call(["cancel", "1"]);
  const page = (await call(["show", "2"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
  const next = page.slice(page.indexOf("\nNext\n"));
  assert.deepEqual(
    [...next.matchAll(/claude-worker (\w+ \d+)/g)].map(([, words]) => words),
    ["retry 1", "retry 2"],
  );
});

test("edit refuses a task that has ended before the editor opens", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "x"]);
  await call(["cancel", "1"]);
  const { code, stderr } = await call(["edit", "1"], { columns: 80, typed: "", env: { EDITOR: "false" } });
  assert.equal(code, 1);
  assert.match(stderr, /Task 1 is cancelled, and only a pending task can be edited/);
});

test("show leads from a worktree's changes to diff and apply", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.finish(1);
  const workspace = {
    path: "/w",
    repository: "/r/.git",
    branch: "cw/1-x",
    base_commit: null,
    head_commit: null,
    insertions: 1,
    deletions: 1,
    dirty: true,
    no_snapshots: null,
    ports: [],
    setup: null,
  };
  const next = async (part: object, status = "completed"): Promise<string[]> => {
    showAs(api, {
      attempts: 1,
      status,
      workspace: { ...workspace, kind: "worktree", state: "kept", changed_files: 2, applied: null, ...part },
    });
    const page = (await call(["show", "1"], { columns: 100, env: { NO_COLOR: "1" } })).stdout;
    return [...page.slice(page.indexOf("\nNext\n")).matchAll(/claude-worker (diff|apply) 1/g)].map(([, verb = ""]) => verb);
  };
  assert.deepEqual(await next({}), ["diff", "apply"]);
  assert.deepEqual(await next({}, "failed"), ["diff"]);
  assert.deepEqual(await next({ kind: "in_place", state: null }), ["diff"]);
  assert.deepEqual(await next({ state: "trashed" }), ["diff"]);
  assert.deepEqual(await next({ applied: { way: "squash", branch: "main", commit: "1".repeat(40), at: "2026-11-22T12:00:00Z" } }), [
    "diff",
  ]);
  assert.deepEqual(await next({ changed_files: 0 }), []);
});

test("workspace list says what changed before it says where", async (t) => {
  const { call, api } = await withServer(t);
  const one = {
    task: 1,
    title: "x",
    status: "completed",
    state: "kept",
    repository: "/r/.git",
    branch: "cw/1-x",
    trash: null,
    deleted_at: null,
  } as const;
  const path = `/${"far/".repeat(30)}away`;
  api.listWorkspaces = () =>
    Promise.resolve({ workspaces: [{ ...one, path, changed_files: 1, insertions: 2, deletions: 0, dirty: true }] });
  const at = async (columns: number) => (await call(["workspace", "list"], { columns, env: { NO_COLOR: "1" } })).stdout;
  assert.equal(
    (await at(90)).split("\n")[1],
    "   1  completed  kept      cw/1-x  1 file, +2 -0 lines, not all committed".replace(" lines", ""),
  );
  assert.ok((await at(220)).includes(path));
});

test("show names each limit and the group, and cuts a prompt of one long line", async (t) => {
  const { call } = await withServer(t);
  const limits = ["--max-turns", "3", "--max-budget-usd", "0.3", "--timeout", "3s", "--stall-timeout", "5m", "--group", "night"];
  await call(["run", "word ".repeat(20_000), ...limits]);
  const page = (await call(["show", "1"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  assert.match(page, /Limits +3 turns · budget \$0\.3000 · time 3 s · silence 5 m\S*/);
  assert.match(page, /Group +night\n/);
  assert.match(page, /… 1\d\d\d more lines: claude-worker show 1 --json/);
  assert.ok(page.split("\n").length < 40);
  const help = (await call(["retry", "--help"])).stdout;
  assert.doesNotMatch(help, /\(default:/);
  assert.match(help, /options without a flag stay unchanged/);
});

test("show says which messages wait, and which was delivered last", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  await api.tell(1, "text", { text: "begun" });
  const { store } = api;
  for (const text of ["one", "two", "three", "four", "five", "six\x1b[2J"]) await call(["send", "1", text]);
  await store.write(() => {
    for (const id of [1, 2]) store.messages.delivered(id, Date.now());
  });
  const page = async (): Promise<string> => (await call(["show", "1"], { columns: 80, env: { NO_COLOR: "1" } })).stdout;
  const queued = "m3  queued just now: three\n  m4  queued just now: four\n  m5  queued just now: five\n";
  assert.ok(
    (await page()).includes(`\nMessages\n  m2  delivered just now: two\n  ${queued}  … 2 more: claude-worker messages 1\n`),
    await page(),
  );
  showAs(api, { status: "failed", ended_at: new Date().toISOString() });
  assert.match(await page(), /m3 {2}not delivered, sent just now: three\n/);
  showAs(api, { messages: [] });
  assert.doesNotMatch(await page(), /Messages/);
});

test("a task that waits says how long it worked, and since when it waits", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "x"]);
  const now = Date.now();
  const waits = {
    status: "waiting",
    worked_ms: 72_000,
    working_since: null,
    asked_at: new Date(now - 300_000).toISOString(),
    waiting_for: { reason: "answer", message: "q1 May it?", blocker: "question:q1", until: null },
  };
  showAs(api, waits);
  const { stdout } = await call(["show", "1"], { columns: 80, env: { NO_COLOR: "1" } });
  assert.match(stdout, /Waits: q1 May it\? \(asked 5 min ago\)\n/);
  assert.match(stdout, /Worked +1 m 12 s\n/);
});
