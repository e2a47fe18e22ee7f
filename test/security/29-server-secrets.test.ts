/**
 * Item 29: what only the server knows is in no log and no event of a task, although the task finds
 * it and prints it.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("secrets of the server are redacted in tasks that do not get them", async (t) => {
  const w = await worker(t, {}, { env: { DEPLOY_SECRET: "only-the-server-1", ALL_PROXY_OF_MINE: "me:only-the-server-2@proxy:1" } });
  await w.start();
  const created = await w.cli(["token", "create", "ci", "--json"]);
  const { token } = JSON.parse(created.stdout) as { token: string };
  const local = readFileSync(path.join(w.place.dataHome, "token"), "utf8").trim();
  const found = path.join(w.place.work, "found");
  const [first, go] = [path.join(w.place.work, "first"), path.join(w.place.work, "go")];
  writeFileSync(found, `only-the-server-1 only-the-server-2 ${token} ${local}\n`);
  w.model.play({
    "print what you find": [
      step.bash(`printenv DEPLOY_SECRET; cat ${found}`),
      step.bash(`touch ${first}; until [ -e ${go} ]; do sleep 0.1; done; cat ${go} ${found}`),
      step.text(`I found only-the-server-1, only-the-server-3, ${token} and ${local}.`),
    ],
  });
  const { id } = await w.submit("print what you find", { allow: ["Bash"] });
  await w.until(id, () => existsSync(first));
  // A server that takes the task over tells what it knows itself.
  await w.cli(["server", "stop"]);
  w.env["LATE_SECRET"] = "only-the-server-3";
  await w.start();
  await w.until(id, ({ status }) => status === "running");
  writeFileSync(`${go}.new`, "only-the-server-3\n");
  renameSync(`${go}.new`, go);
  const task = await w.ended(id);
  assert.equal(task.attempts, 1);
  assert.equal(task.result, "I found [redacted], [redacted], [redacted] and [redacted].");
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  const written = [
    readFileSync(task.logs.raw, "utf8"),
    readFileSync(task.logs.summary, "utf8"),
    JSON.stringify(events),
    JSON.stringify(task),
  ];
  for (const text of written)
    for (const secret of ["only-the-server", token, local]) assert.ok(!text.includes(secret), `${secret} in ${text}`);
});
