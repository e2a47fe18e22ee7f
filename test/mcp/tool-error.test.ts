/** src/mcp/tool-error.ts: what an agent reads when a tool fails, and what it must not read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerError } from "../../src/domain/errors.ts";
import type { ErrorCode } from "../../src/domain/errors.ts";
import { toolError } from "../../src/mcp/tool-error.ts";

function read(thrown: unknown) {
  const reported: unknown[] = [];
  const { isError, content, _meta } = toolError(thrown, "create_task", (error) => void reported.push(error));
  const [first] = content;
  return { isError, reported, text: first?.type === "text" ? first.text : "", meta: _meta?.["claude-worker/error"] };
}

for (const thrown of [new Error("ENOENT /home/ada/secret"), "ENOENT /home/ada/secret", undefined, null]) {
  test(`an internal error (${String(thrown)}) goes to the log, not to the client`, () => {
    const { isError, reported, text, meta } = read(thrown);
    assert.equal(isError, true);
    assert.deepEqual(reported, [thrown]);
    assert.equal(text, "The server met an error of its own.\nTell the user to look into the server's log: claude-worker server logs");
    assert.deepEqual(meta, {
      code: "internal",
      message: "The server met an error of its own.",
      next_step: "Tell the user to look into the server's log: claude-worker server logs",
    });
  });
}

test("only internal errors of tools go to the log", () => {
  assert.deepEqual(read(new WorkerError("not_found", "There is no task 7.")).reported, []);
  const internal = new WorkerError("internal", "The hold was not kept.");
  assert.deepEqual(read(internal).reported, [internal]);
});

test("the error of a tool names each argument once", () => {
  const problems = [
    { pointer: "/prompt", detail: "is empty" },
    { pointer: "/name", detail: "is too long" },
  ];
  const { text, meta } = read(new WorkerError("invalid_input", "/prompt is empty.", problems));
  assert.equal(text, "/prompt is empty.\n/name: is too long\nCorrect the arguments that are named and call create_task again.");
  assert.deepEqual((meta as { errors: unknown }).errors, problems);
});

const helps: readonly (readonly [ErrorCode, RegExp])[] = [
  ["invalid_input", /Correct the arguments .* call create_task again/],
  ["unprocessable", /Rewrite the fields .* call create_task again/],
  ["not_found", /Call list_tasks/],
  ["conflict", /Call get_task /],
  ["untrusted_directory", /Ask the user to trust .* call create_task again/],
  ["forbidden", /ask the user/],
  ["unauthorized", /ask the user/],
  ["payload_too_large", /into a file/],
  ["too_many_requests", /Call wait_for_tasks .* call create_task again/],
  ["unavailable", /again in half a minute/],
  ["server_unreachable", /again in half a minute/],
  ["storage_full", /again in half a minute/],
  ["storage_unusable", /again in half a minute/],
  ["internal", /claude-worker server logs/],
];
for (const [code, help] of helps) {
  test(`the tool error ${code} says what to do next`, () => {
    const { text, meta } = read(new WorkerError(code, "A sentence."));
    assert.match(text, help);
    assert.match((meta as { next_step: string }).next_step, help);
  });
}
