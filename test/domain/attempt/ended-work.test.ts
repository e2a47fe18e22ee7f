import assert from "node:assert/strict";
import { test } from "node:test";
import { failedAgents, stoppedWork } from "../../../src/domain/attempt/ended-work.ts";
import type { EventDraft } from "../../../src/domain/events/event.ts";
import { event, notice } from "../../../testing/events.ts";

const session = event("session", { session_id: "s" });
const runs = (...ids: string[]): EventDraft =>
  notice("background", { tasks: ids.map((id) => ({ task_id: id, task_type: "local_bash", description: `npm run ${id}` })) });
const ends = (task_id: string, status = "stopped"): EventDraft => notice("task_notification", { task_id, status });
const call = (tool: string, tool_use_id: string): EventDraft => event("tool_use", { tool, tool_use_id, input: {} });
const answer = (tool_use_id: string): EventDraft => event("tool_result", { tool_use_id });

test("background work that Claude Code stopped is named", () => {
  assert.deepEqual(stoppedWork([session, runs("dev", "build"), ends("build", "completed"), ends("dev"), runs()]), ["npm run dev"]);
});

test("what Claude stopped by a call is not work that was cut", () => {
  const stop = [call("TaskStop", "toolu_1"), ends("dev"), answer("toolu_1")];
  assert.deepEqual(stoppedWork([session, runs("dev", "build"), ...stop, ends("build")]), ["npm run build"]);
});

for (const kind of ["cut_background", "stop_requested"] as const) {
  test(`what ends behind the runner's note ${kind} was ended by the runner`, () => {
    assert.deepEqual(stoppedWork([session, runs("dev"), notice(kind), ends("dev")]), []);
    assert.deepEqual(stoppedWork([session, notice(kind), session, runs("dev"), ends("dev")]), ["npm run dev"]);
  });
}

test("a resumed session's report of earlier dead work is not work that was cut", () => {
  assert.deepEqual(stoppedWork([session, runs("dev"), session, ends("dev")]), []);
  assert.deepEqual(stoppedWork([session, ends("foreground")]), []);
});

const agent = (description: string, tool_use_id: string): EventDraft =>
  event("tool_use", { tool: "Agent", tool_use_id, input: { description, prompt: "Look into it.", subagent_type: "general-purpose" } });
const ended = (tool_use_id: string, status: string, text = ""): EventDraft => notice("task_notification", { tool_use_id, status, text });
const died = "Agent terminated early due to an API error: API Error: Repeated 529 Overloaded errors.";

test("a sub-agent that failed is named with its reason", () => {
  const events = [agent("look", "t1"), agent("read", "t2"), call("Bash", "t3"), ended("t1", "failed", died)];
  assert.deepEqual(failedAgents([...events, ended("t2", "completed"), ended("t3", "failed"), ended("t4", "failed")]), [
    "look: API Error: Repeated 529 Overloaded errors.",
  ]);
});

test("a sub-agent that Claude started again is forgiven when it completes", () => {
  const events = [agent("look", "t1"), ended("t1", "failed"), agent("look", "t2")];
  assert.deepEqual(failedAgents(events), ["look"]);
  assert.deepEqual(failedAgents([...events, ended("t2", "failed", died)]).length, 2);
  assert.deepEqual(failedAgents([...events, ended("t2", "completed")]), []);
});
