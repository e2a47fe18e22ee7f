import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { ConfiguredHook } from "../../src/domain/task/claude-hooks.ts";
import { HookWatch } from "../../src/agent/hook-watch.ts";
import type { HookNote } from "../../src/agent/hook-watch.ts";

let clock = 0;
beforeEach(() => {
  clock = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => clock);
});
afterEach(() => {
  mock.timers.reset();
  mock.reset();
});

function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 100) {
    clock += 100;
    mock.timers.tick(100);
  }
}

/** Hooks of these own limits, in seconds; a negative one runs beside the work. */
function watch(limits: readonly number[], limitMs: number | null = 60_000) {
  const notes: HookNote[] = [];
  const over: string[] = [];
  const configured: ConfiguredHook[] = limits.map((seconds, at) => ({
    command: `check-${at}`,
    timeoutMs: Math.abs(seconds) * 1000,
    isAsync: seconds < 0,
  }));
  const watching = new HookWatch({
    limitMs,
    configured: () => configured,
    emit: (note) => notes.push(note),
    onOver: (text) => over.push(text),
  });
  const hook = (subtype: string, id: string, event = "PreToolUse", outcome = "success"): void =>
    watching.take({ type: "system", subtype, hook_id: id, hook_name: `${event}:Bash`, hook_event: event, outcome });
  return {
    notes,
    over,
    watching,
    start: (id = "1", event?: string) => hook("hook_started", id, event),
    end: (id = "1", event?: string, outcome?: string) => hook("hook_response", id, event, outcome),
  };
}

test("a slow hook is named once and reported when it has ended, a quick one never", () => {
  const w = watch([600]);
  w.start();
  pass(4_900);
  w.end();
  pass(100_000);
  assert.deepEqual([w.notes, w.over], [[], []]);
  w.start("2");
  pass(20_000);
  assert.deepEqual(
    w.notes.map(({ subtype, commands }) => [subtype, commands]),
    [["hook_running", ["check-0"]]],
  );
  w.end("2");
  assert.partialDeepStrictEqual(w.notes[1], { subtype: "hook_ended", tookMs: 20_000, timedOut: false });
});

test("a guarding hook is given up before its own limit, other hooks at ours", () => {
  const guard = watch([4], null);
  guard.start();
  pass(3_500);
  assert.deepEqual(guard.over, []);
  pass(200);
  assert.match(guard.over[0] ?? "", /^The hook PreToolUse:Bash \(check-0\) gave no answer within its own limit of 4\.0 s/);
  const stop = watch([600]);
  stop.start("1", "Stop");
  pass(59_900);
  assert.deepEqual(stop.over, []);
  pass(200);
  assert.match(stop.over[0] ?? "", /^The hook Stop:Bash \(check-0\) gave no answer in 1 m/);
});

test("a short limit does not end a hook that may take longer", () => {
  const w = watch([4, 600], null);
  w.start("1");
  w.start("2");
  pass(1_000);
  w.end("1");
  pass(100_000);
  assert.deepEqual(w.over, [], "the one that is left has ten minutes");
  const both = watch([4, 600], null);
  both.start("1");
  both.start("2");
  pass(3_700);
  assert.equal(both.over.length, 1, "one of two has only four seconds");
});

test("a hook that runs beside the work holds nothing up", () => {
  const w = watch([-4]);
  w.start();
  pass(100_000);
  w.end("1", "PreToolUse", "cancelled");
  assert.deepEqual([w.notes, w.over], [[], []]);
});

test("a hook that Claude Code cut at its own limit is told, and a guard ends the task", () => {
  const stop = watch([4]);
  stop.start("1", "Stop");
  pass(4_000);
  stop.end("1", "Stop", "cancelled");
  assert.deepEqual([stop.notes[0]?.subtype, stop.over], ["hook_ended", []]);
  const guard = watch([]);
  guard.start();
  pass(3_000);
  guard.watching.take({ type: "system", hook_no_verdict: { hook_event: "PreToolUse", timed_out: true } });
  assert.match(guard.over[0] ?? "", /^A hook PreToolUse was cut at its own time limit/);
  // A turn that was stopped cancels its hooks, too.
  const stopped = watch([600]);
  stopped.start();
  pass(1_000);
  stopped.end("1", "PreToolUse", "cancelled");
  assert.deepEqual([stopped.notes, stopped.over], [[], []]);
});

test("the hook watch reports nothing once it is stopped", () => {
  const w = watch([4]);
  w.start();
  w.watching.stop();
  pass(100_000);
  assert.deepEqual([w.notes, w.over], [[], []]);
});
