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

test("secrets in settings of Claude Code are redacted, whichever file has them", async (t) => {
  const w = await worker(t);
  const put = (name: string, value: object): string => w.place.file(name, JSON.stringify(value));
  put("home/.claude/settings.json", { env: { MINE_PASSWORD: "in-my-settings-1" } });
  put("work/.claude/settings.json", { env: { PROJECT_TOKEN: "in-project-settings-2" } });
  put("work/.claude/settings.local.json", { env: { LOCAL_DB_URL: "postgres://me:in-local-settings-3@db/x" } });
  put("work/.mcp.json", { mcpServers: { x: { type: "http", url: "http://127.0.0.1:9/", headers: { "X-Api-Key": "in-mcp-json-4" } } } });
  const state = path.join(w.place.home, ".claude.json");
  const known = JSON.parse(readFileSync(state, "utf8")) as { projects: Record<string, object> };
  const server = (key: string) => ({ type: "stdio", command: "true", env: { SOME_KEY: key } });
  known.projects[w.place.work] = { ...known.projects[w.place.work], mcpServers: { z: server("in-claude-json-6") } };
  writeFileSync(state, JSON.stringify({ ...known, mcpServers: { y: server("in-claude-json-5") } }));
  const show = "printenv MINE_PASSWORD PROJECT_TOKEN LOCAL_DB_URL; cat .mcp.json; cat ~/.claude.json";
  w.model.play({ "print it": [step.bash(show), step.text("in-my-settings-1 and in-project-settings-2")] });
  await w.start();
  const { id } = await w.submit("print it", { allow: ["Bash"] });
  const task = await w.ended(id);
  assert.equal(task.result, "[redacted] and [redacted]");
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  const written = [readFileSync(task.logs.raw, "utf8"), readFileSync(task.logs.summary, "utf8"), JSON.stringify(events)];
  for (const text of written)
    assert.deepEqual(text.match(/in-(my-settings-1|project-settings-2|local-settings-3|mcp-json-4|claude-json-[56])/g), null);
});

test("the server redacts the commands of processes that it ends itself", async (t) => {
  const w = await worker(t, {}, { env: { DEPLOY_SECRET: "only-the-server-1" } });
  const settings = { env: { OWN_TOKEN: "in-own-settings-2" } };
  w.place.file("work/.claude/settings.json", JSON.stringify({ env: { ANOTHER_KEY: "in-a-file-ä-3" } }));
  const words = "only-the-server-1 $OWN_TOKEN $ANOTHER_KEY";
  // A secret that stands where the command is cut.
  const long = `${"x".repeat(485)} only-the-server-1`;
  w.model.play({
    "start it": [step.bash(`(exec -a "one ${words}" sleep 1234) & (exec -a "${long}" sleep 1234) & touch begun; sleep 1234`)],
  });
  await w.start();
  const { id } = await w.submit("start it", { allow: ["Bash"], settings });
  await w.until(id, () => existsSync(path.join(w.place.work, "begun")));
  const [attempt] = (await w.client.listAttempts({ id })).attempts;
  await w.client.hold({ reason: "no second attempt" });
  process.kill(attempt?.pid ?? 0, "SIGKILL");
  await w.until(id, ({ status }) => status === "pending");
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  const swept = events.find(({ type }) => type === "swept");
  assert.equal(swept?.type === "swept" ? swept.data.by : null, "server");
  const told = JSON.stringify(swept?.data);
  assert.match(told, /one \[redacted\] \[redacted\] \[redacted\] 1234/);
  assert.doesNotMatch(told, /only|in-own|in-a-file/);
});

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
