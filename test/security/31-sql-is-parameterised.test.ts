/** Item 31: what callers write is never SQL, nor a pattern. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoorOf } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";

const hostile = ["'; DROP TABLE tasks; --", "' OR '1'='1", "%", "_", "\\", '"', "1) UNION SELECT * FROM tokens --", "$.x", "a*", "?"];

test("hostile texts are stored, found and filtered as they are", async (t) => {
  const { api, corner, store } = realApi(t);
  const { call } = await openDoorOf(t, api, { directory: corner.directory });
  const submit = (more: object) => call({ path: "/api/v1/tasks", body: { prompt: "p", working_directory: corner.work, ...more } });
  await submit({ name: "plain" });
  for (const text of hostile) assert.equal((await submit({ name: text, labels: { l: text } })).status, 201, text);
  const list = async (query: Record<string, string>) =>
    (
      (await call({ path: `/api/v1/tasks?${new URLSearchParams({ limit: "500", ...query }).toString()}` })).json()["tasks"] as {
        name: string;
      }[]
    ).map(({ name }) => name);
  for (const text of hostile) {
    assert.deepEqual(await list({ label: `l=${text}` }), [text], `label ${text}`);
    const found = await list({ text });
    assert.ok(found.includes(text) && !found.includes("plain"), `text ${text}: ${found.join(" | ")}`);
    for (const name of found) assert.ok(name.toLowerCase().includes(text.toLowerCase()), `${text} finds ${name}`);
  }
  assert.equal(store.tasks.counts().pending, hostile.length + 1);
});
