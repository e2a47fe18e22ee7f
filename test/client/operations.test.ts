/** src/client/operations.ts: where each field of an input goes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestOf } from "../../src/client/operations.ts";

test("a field of the path goes into the path, escaped", () => {
  assert.deepEqual(
    [requestOf("getTask", { id: 42 }).path, requestOf("getTask", { id: "f42" }).path],
    ["/api/v1/tasks/42", "/api/v1/tasks/f42"],
  );
  assert.equal(requestOf("getTask", { id: "a/b?c" }).path, "/api/v1/tasks/a%2Fb%3Fc");
});

test("other fields of a read are its query, a list as a repeated name", () => {
  const { method, path, body } = requestOf("listTasks", {
    status: ["failed", "running"],
    attention: false,
    text: "a b&c",
    cursor: undefined,
  });
  assert.deepEqual([method, path, body], ["GET", "/api/v1/tasks?status=failed&status=running&attention=false&text=a+b%26c", undefined]);
  assert.equal(requestOf("listTasks").path, "/api/v1/tasks");
});

test("other fields of a change are its body, and without any there is none", () => {
  assert.deepEqual(requestOf("retryTask", { id: 1, resume: true, model: null }).body, { resume: true, model: null });
  for (const request of [requestOf("cancelTask", { id: 1 }), requestOf("resume"), requestOf("hold", { reason: undefined })])
    assert.equal(request.body, undefined);
});

test("an endpoint sets a request's longest silence and whether it is repeated", () => {
  assert.equal(requestOf("backup", { file: "/x" }).silenceMs, 3_600_000);
  assert.equal(requestOf("health", {}, { silenceMs: 50 }).silenceMs, 50);
  assert.deepEqual(
    [requestOf("getTask", { id: 1 }), requestOf("hold"), requestOf("prune"), requestOf("submitTask")].map((each) => each.isRepeatable),
    [true, true, false, false],
  );
  const keyed = requestOf("submitTask", {}, { idempotencyKey: "k" });
  assert.deepEqual([keyed.isRepeatable, keyed.headers], [true, { "idempotency-key": "k" }]);
});
