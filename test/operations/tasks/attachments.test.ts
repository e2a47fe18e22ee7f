/** Images of a task: kept with it, added to by a retry, bounded, and gone with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/contract/caller.ts";
import { parseInput } from "../../../src/contract/parse-input.ts";
import { retryInput } from "../../../src/contract/retry-input.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { goodTask } from "../../../testing/mcp.ts";
import { realApi } from "../../../testing/real-api.ts";

const person: Caller = { scope: "admin", name: "socket" };

/** Something that begins as an image does. */
function image(bytes: number, head = "\x89PNG\r\n\x1a\n"): string {
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(bytes - head.length, 7)]).toString("base64");
}

test("a task's images are stored with it, added to by a retry, and removed with it", async (t) => {
  const { api, corner, store } = realApi(t);
  const input = (more: object) => parseInput(taskInput, { ...goodTask(corner.work), ...more }, "The body");
  const first = { name: "a.png", data: image(1000) };
  const { id, attachments } = await api.submitTask(input({ attachments: [first] }), person);
  assert.deepEqual(attachments, [{ name: "a.png", media_type: "image/png", bytes: 1000 }]);
  assert.deepEqual(
    store.attachments.ofTask(id).map((data) => data.toString("base64")),
    [first.data],
  );
  await api.cancelTask({ id }, person);
  const more = { name: "b.webp", data: image(50, "RIFF....WEBP") };
  const again = await api.retryTask({ id, ...parseInput(retryInput, { attachments: [more] }, "The body") }, person);
  assert.deepEqual(
    again.attachments.map(({ name, media_type }) => [name, media_type]),
    [
      ["a.png", "image/png"],
      ["b.webp", "image/webp"],
    ],
  );
  assert.deepEqual(
    store.attachments.ofTask(id).map(({ length }) => length),
    [1000, 50],
  );
  const many = Array.from({ length: 9 }, () => first);
  await api.cancelTask({ id }, person);
  await assert.rejects(api.retryTask({ id, ...parseInput(retryInput, { attachments: many }, "The body") }, person), {
    code: "invalid_input",
    message: "A task takes 10 images, and these are 11. Leave some out.",
  });
  assert.equal(store.attachments.ofTask(id).length, 2, "a refused retry adds none");
  await api.removeTask({ id }, person);
  assert.deepEqual(store.attachments.ofTask(id), []);
});
