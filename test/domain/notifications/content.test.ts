import assert from "node:assert/strict";
import { test } from "node:test";
import { contentOfTask } from "../../../src/domain/notifications/content.ts";
import type { NotifiedTask } from "../../../src/domain/notifications/content.ts";
import { event } from "../../../testing/events.ts";

const task: NotifiedTask = { id: 4, name: "night", title: "Build it", status: "waiting", labels: {}, error: null, attention: null };

test("a question says how it is answered, and until when", () => {
  const data = { question: 7, kind: "permission", tool: "Bash", text: "May it use Bash: git push?" };
  const textOf = (more: object): string => contentOfTask("question", task, event("question_asked", { ...data, ...more })).text;
  assert.equal(textOf({}), "night: Build it\nMay it use Bash: git push?\nAnswer: claude-worker answer q7");
  assert.match(textOf({ deadline: "2026-11-30T09:00:30.000Z" }), /\nAnswer until 2026-11-30 09:00 UTC: claude-worker answer q7$/);
});
