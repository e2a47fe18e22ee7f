import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

const script = {
  "touch it": [step.bash("touch touched.txt"), step.text("touched")],
};
const hang = "sleep 1234.5";

/** A directory whose settings have this hook. */
function withHook(parent: string, event: string, command: string, more: Record<string, unknown> = {}): string {
  const directory = path.join(parent, `${event}-${Object.keys(more).join("-")}-${command.length}`);
  mkdirSync(path.join(directory, ".claude"), { recursive: true });
  const matcher = event === "PreToolUse" || event === "PostToolUse" ? { matcher: "Bash" } : {};
  const hooks = { [event]: [{ ...matcher, hooks: [{ type: "command", command, ...more }] }] };
  writeFileSync(path.join(directory, ".claude", "settings.json"), JSON.stringify({ hooks }));
  return directory;
}

test("a hook that hangs is named, and ends its task at the limit", async (t) => {
  const w = await worker(t, script, { env: { CLAUDE_WORKER_HOOK_TIMEOUT_MS: "7s", CLAUDE_WORKER_WARM: "2", CLAUDE_WORKER_WORKERS: "2" } });
  await w.start();
  const ends = async (event: string): Promise<void> => {
    const directory = withHook(w.place.work, event, hang);
    const { id } = await w.submit("touch it", { working_directory: directory, allow: ["Bash"] });
    const named = await w.until(id, ({ last_action, ended_at }) => ended_at !== null || last_action?.startsWith("[hook]") === true);
    assert.match(named.last_action ?? "", new RegExp(`^\\[hook\\] ${event}\\S* \\(${hang}\\) has run since 20\\S+Z$`));
    if (event === "Stop") assert.ok((await w.cli(["list"])).stdout.includes(`(${hang})`));
    const { status, error } = await w.ended(id);
    assert.deepEqual([status, error?.code, error?.retryable], ["failed", "hook_timed_out", true], `${event}: ${error?.message}`);
    assert.match(error?.message ?? "", new RegExp(`^The hook ${event}\\S* \\(${hang}\\) gave no answer in 7.0 s`));
    // Only the hook behind the work lets it happen.
    assert.equal(existsSync(path.join(directory, "touched.txt")), event === "Stop", event);
    const swept = (await w.client.taskEvents({ id, after: 0 })).events.find(({ type }) => type === "swept");
    assert.ok(JSON.stringify(swept?.data).includes(hang), `${event}: the hook was left running`);
  };
  // The first ones are warm.
  await Promise.all(["PreToolUse", "SessionStart", "UserPromptSubmit", "Stop"].map(ends));
});

test("the time limit of a guarding hook lets no call through", async (t) => {
  const w = await worker(t, script);
  await w.start();
  const guarded = withHook(w.place.work, "PreToolUse", hang, { timeout: 4 });
  const after = withHook(w.place.work, "PostToolUse", hang, { timeout: 2 });
  const quick = withHook(w.place.work, "PreToolUse", "true");
  const submit = async (directory: string): Promise<number> =>
    (await w.submit("touch it", { working_directory: directory, allow: ["Bash"] })).id;
  const [guardedId, afterId] = [await submit(guarded), await submit(after)];
  const { error } = await w.ended(guardedId);
  assert.equal(error?.code, "hook_timed_out", error?.message);
  assert.match(error?.message ?? "", /gave no answer within its own limit of 4.0 s, behind which Claude Code would have continued/);
  assert.equal(existsSync(path.join(guarded, "touched.txt")), false, "the call ran without its check");
  // A hook of the task's own settings is a guard like any other.
  const own = { hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: `${hang} # own`, timeout: 3 }] }] } };
  const plain = w.place.workdir("plain");
  const { id: ownId } = await w.submit("touch it", { working_directory: plain, allow: ["Bash"], settings: own });
  const ofOwn = await w.ended(ownId);
  assert.match(ofOwn.error?.message ?? "", /# own.* gave no answer within its own limit of 3.0 s/);
  assert.equal(existsSync(path.join(plain, "touched.txt")), false, "the call ran without its check");
  // What cannot say no ends nothing; that it gave no answer is shown.
  const { status, attention } = await w.ended(afterId);
  assert.deepEqual([status, attention], ["completed", [{ kind: "unchecked", count: 1, detail: `hook PostToolUse:Bash (${hang})` }]]);
  assert.match((await w.cli(["show", String(afterId)])).stdout, /⚠.*not checked by a hook/);
  const quickId = await submit(quick);
  assert.equal((await w.ended(quickId)).status, "completed");
  assert.doesNotMatch((await w.cli(["logs", String(quickId), "--raw"])).stdout, /hook_/);
});
