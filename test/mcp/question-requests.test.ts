import assert from "node:assert/strict";
import { test } from "node:test";
import type { QuestionView } from "../../src/contract/views/question.ts";
import type { TaskView } from "../../src/contract/views/task.ts";
import { inputRequestsOf } from "../../src/mcp/question-requests.ts";

test("a client is asked for content, and never to open an address for the user", () => {
  const question = (id: number, input: object): QuestionView =>
    ({ id, kind: "elicitation", status: "open", text: "Sign in", input }) as unknown as QuestionView;
  const opens = question(1, { mode: "url", url: "https://bank.example" });
  const form = question(2, { mode: "form", requestedSchema: { type: "object", properties: {} } });
  assert.deepEqual(Object.keys(inputRequestsOf({ questions: [opens, form] } as unknown as TaskView)), ["q2"]);
});
