/**
 * src/client/problem.ts: what an error answer means to a caller, also when a proxy has written it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemError } from "../../src/client/problem.ts";

const meanings: readonly (readonly [number, string])[] = [
  [400, "invalid_input"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [409, "conflict"],
  [412, "precondition_failed"],
  [413, "payload_too_large"],
  [418, "invalid_input"],
  [422, "unprocessable"],
  [429, "too_many_requests"],
  [499, "invalid_input"],
  [500, "internal"],
  [502, "internal"],
  [503, "unavailable"],
];
for (const [status, code] of meanings) {
  test(`an answer ${status} without a problem document is ${code}`, () => {
    for (const text of ["", "<html>", "[]", "null", "7", '{"code":"made_up"}', '{"code":7}']) {
      const error = problemError(status, "Words", text);
      assert.deepEqual([error.code, error.message, error.problems], [code, `The server answered ${status} Words.`, []], text);
    }
    assert.equal(problemError(status, "", "").message, `The server answered ${status}.`);
  });
}

test("a problem document's code and detail count more than its status and title", () => {
  const problems = [{ pointer: "/name", detail: "is too long" }];
  const document = { code: "storage_full", title: "Title.", detail: "Detail.", errors: [...problems, null, { pointer: "/x" }, "y"] };
  const error = problemError(503, "Words", JSON.stringify(document));
  assert.deepEqual([error.code, error.message, error.problems], ["storage_full", "Detail.", problems]);
  assert.equal(problemError(503, "", JSON.stringify({ ...document, detail: undefined })).message, "Title.");
  assert.deepEqual(problemError(503, "", JSON.stringify({ ...document, errors: "none" })).problems, []);
});
