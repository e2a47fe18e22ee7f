import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedAnswer } from "../../../src/domain/questions/check-answer.ts";
import { formContent, serverFields } from "../../../src/domain/questions/server-form.ts";

const input = {
  requestedSchema: {
    type: "object",
    required: ["id", "team"],
    properties: {
      id: { type: "integer", title: "Ticket", default: 7 },
      note: { type: "string", description: "Is shown" },
      urgent: { type: "boolean", default: true },
      team: { type: "string", enum: ["web", "ops"], enumNames: ["Web", "Operations"] },
      size: { oneOf: [{ const: "s", title: "Small" }, { const: "l" }], default: "l" },
      tags: { type: "array", items: { type: "string", enum: ["a", "b", "c"] } },
    },
  },
};

test("a server's form is read with its titles, choices and defaults", () => {
  const fields = serverFields(input).map(({ key, title, type, isRequired, choices, preset }) => {
    return [key, title, type, isRequired, choices.map(({ label }) => label).join(), preset.join()];
  });
  assert.deepEqual(fields, [
    ["id", "Ticket", "number", true, "", "7"],
    ["note", "note", "string", false, "", ""],
    ["urgent", "urgent", "boolean", false, "", "true"],
    ["team", "team", "choice", true, "Web,Operations", ""],
    ["size", "size", "choice", false, "Small,l", "1"],
    ["tags", "tags", "choices", false, "a,b,c", ""],
  ]);
  assert.deepEqual(serverFields({}), []);
});

test("what is entered becomes values of the server's types, and fits the question", () => {
  const entered = [["42"], [""], [], ["1"], ["0"], ["2", "0"]];
  const content = formContent(serverFields(input), (index) => entered[index] ?? []);
  assert.deepEqual(content, { id: 42, urgent: false, team: "ops", size: "s", tags: ["c", "a"] });
  const question = { id: 1, kind: "elicitation", tool: "t", input, rule: null } as const;
  assert.deepEqual(checkedAnswer(question, { decision: "allow", content }), { decision: "allow", content });
});

test("an entry that is no number or no choice is not made into one", () => {
  const entered = [["4x"], ["n"], ["true"], ["9"], ["-1"], ["x"]];
  const content = formContent(serverFields(input), (index) => entered[index] ?? []);
  assert.deepEqual(content, { id: "4x", note: "n", urgent: true });
});
