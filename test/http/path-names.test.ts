/** Names in the path of a request: percent-encoded, as the client sends them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";

test("a name in a path may have colons, slashes and any letters", async (t) => {
  const open = await openDoor(t);
  for (const scope of ["group:small", "label:team=a/b", "label:team=ü 50%25"]) {
    const path = `/api/v1/budgets/${encodeURIComponent(scope)}/day`;
    const answer = await open.call({ method: "PUT", path, body: { limit_usd: 2 } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json()["scope"], scope);
  }
});

test("a path that is not well encoded is not found", async (t) => {
  const open = await openDoor(t);
  const answer = await open.call({ method: "PUT", path: "/api/v1/budgets/%E0%A4%A/day", body: { limit_usd: 2 } });
  assert.equal(answer.status, 404, answer.text);
});
