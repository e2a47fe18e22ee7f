import assert from "node:assert/strict";
import { test } from "node:test";
import { noticePayloads } from "../../../src/domain/events/event.ts";
import type { NoticeKind } from "../../../src/domain/events/event.ts";
import { eventsFromRecord } from "../../../src/domain/events/events-from-record.ts";
import type { JournalRecord } from "../../../src/domain/events/record.ts";
import { requireEvent } from "../../../testing/events.ts";
import { sample, sampleNames } from "../samples/sample.ts";

const at = "2026-11-22T12:00:00.000Z";
const hook = { hookId: "h1", hook: "PreToolUse:Bash", commands: ["./check.sh"] };
const worker = (subtype: string, fields: object = {}): object => ({ type: "worker", subtype, ...fields });
const system = (subtype: string, fields: object = {}): object => ({ type: "system", subtype, ...fields });

/** For each kind a message of Claude Code, or a note of the runner, that makes one. */
const records: Readonly<Record<NoticeKind, object>> = {
  api_error: worker("gave_up", { error: "authentication_failed", text: "Refused 3 times." }),
  auth_status: { type: "auth_status", error: "expired" },
  background: system("background_tasks_changed", { tasks: [{ task_id: "b1", task_type: "local_bash", description: "npm test" }] }),
  background_lost: worker("background_lost", { names: ["npm test"] }),
  call_restored: { type: "worker", subtype: "call_restored", tool: "Bash", toolUseId: "toolu_02", calls: 0 },
  cold_start: worker("cold_start", { reason: "another model" }),
  compacted: system("compact_boundary", { compact_metadata: { trigger: "auto", pre_tokens: 155_000 } }),
  cut_background: worker("cut_background", { names: ["npm run dev"] }),
  directory_gone: worker("directory_gone", { directory: "/home/me/project", fault: "It does not exist." }),
  failed_mcp_server: worker("failed_mcp_server", { servers: [{ name: "github", reason: null }] }),
  files_included: worker("files_included", { files: 2, bytes: 12, leftOut: [{ path: "big", why: "is gone" }], leftOutCount: 1, tookMs: 3 }),
  hook_ended: worker("hook_ended", { ...hook, tookMs: 12_000, timedOut: false }),
  hook_no_verdict: system("informational", {
    tag: "hook_no_verdict",
    content: "No verdict.",
    hook_no_verdict: { hook_event: "PreToolUse", tool_use_id: "toolu_1", timed_out: true },
  }),
  hook_running: worker("hook_running", { ...hook, since: at }),
  informational: system("informational", { content: "The session continues." }),
  model_refusal_fallback: system("model_refusal_fallback", { content: "Refused." }),
  model_refusal_no_fallback: system("model_refusal_no_fallback", { content: "Refused." }),
  no_checkpoint: worker("no_checkpoint", { kind: "disk_full", text: "The disk is full." }),
  no_sandbox: worker("no_sandbox", { text: "The sandbox needs bwrap." }),
  notification: system("notification", { key: "context-low", text: "The context is nearly full." }),
  session_repaired: worker("session_repaired", { messages: 2 }),
  session_restarted: worker("session_restarted", { reason: "not known" }),
  session_writes_lost: system("session_writes_lost", { error_code: "ENOSPC" }),
  settings_not_in_effect: system("informational", { tag: "settings_not_in_effect", content: "Not in effect." }),
  setup_cache: worker("setup_cache", { what: "used", paths: ["node_modules"], text: "node_modules copied", tookMs: 3 }),
  stderr: worker("stderr", { text: "Warning" }),
  stop_hook_blocked: {
    type: "user",
    isSynthetic: true,
    message: { content: [{ type: "text", text: "Stop hook feedback:\nThe tests fail." }] },
  },
  stop_hook_overridden: system("notification", { key: "stop-hook-block-cap", text: "The turn ends." }),
  stop_requested: worker("stop_requested", { reason: "cancelled" }),
  task_notification: system("task_notification", { task_id: "b1", status: "completed", summary: "Done.", tool_use_id: "toolu_1" }),
  uncommitted: worker("uncommitted", { count: 1, names: ["app.py"] }),
  waiting_background: worker("waiting_background", { commands: ["sleep 300"], agents: [], until: at }),
};

function eventsOf(record: object): ReturnType<typeof eventsFromRecord> {
  return eventsFromRecord({ ...record, _n: 1, _attempt: 1, _at: at } as JournalRecord);
}

function requireBody(event: ReturnType<typeof eventsFromRecord>[number]): void {
  requireEvent({ id: 1, task_id: 1, seq: 1, attempt_id: 1, summary: [], ...event, at });
}

for (const [kind, record] of Object.entries(records)) {
  test(`a notice ${kind} can occur, with the fields of its sample`, () => {
    const [event, ...others] = eventsOf(record);
    assert.ok(event?.type === "notice" && others.length === 0);
    assert.equal(event.data.kind, kind);
    requireBody(event);
    assert.deepEqual(Object.keys(event.data).toSorted(), Object.keys(noticePayloads[event.data.kind].sample).toSorted());
  });
}

test("every event of the recorded messages of Claude Code is one of the contract", () => {
  for (const name of sampleNames) for (const message of sample(name).messages) eventsFromRecord(message).forEach(requireBody);
});
