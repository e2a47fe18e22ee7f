import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { callTool, goodTask, openMcp, toolProblem } from "../../testing/mcp.ts";
import type { OpenMcp } from "../../testing/mcp.ts";

const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
const accept = { accept: "application/json, text/event-stream" };

test("MCP over HTTP has the same checks as the REST door", async (t) => {
  const { call } = await openMcp(t);
  const mcp = { path: "/mcp", body: ping, headers: accept };
  const status = async (more: Parameters<typeof call>[0]): Promise<number> => (await call(more)).status;
  assert.equal(await status({ ...mcp, tcp: true }), 200);
  assert.equal(await status({ ...mcp }), 200, "the unix socket's caller is its owner");
  assert.equal(await status({ ...mcp, tcp: true, token: null }), 401);
  assert.equal(await status({ ...mcp, tcp: true, token: "wrong-token-wrong-token-wrong-token-wrong-tok" }), 401);
  for (const host of ["evil.example", "127.0.0.1.evil.example:80", "localhost@evil.example"]) {
    assert.equal(await status({ ...mcp, tcp: true, headers: { ...accept, host } }), 403, host);
  }
  for (const origin of ["http://evil.example", "null", "https://127.0.0.1"]) {
    assert.equal(await status({ ...mcp, tcp: true, headers: { ...accept, origin } }), 403, origin);
    assert.equal(await status({ ...mcp, headers: { ...accept, origin } }), 403, `${origin} on the unix socket`);
  }
  assert.equal(await status({ ...mcp, tcp: true, headers: { ...accept, "content-type": "text/plain" } }), 415);
  assert.equal(await status({ ...mcp, tcp: true, body: "{not json" }), 400);
  assert.equal(await status({ ...mcp, tcp: true, body: { ...ping, params: { filler: "x".repeat(1024 * 1024) } } }), 413);
  const wrong = await call({ path: "/mcp", method: "GET", tcp: true, headers: { accept: "text/event-stream" } });
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, "POST"]);
  const answer = await call({ ...mcp, tcp: true });
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.match(answer.headers["cache-control"] ?? "", /no-store|no-cache/);
});

test("a connection that asks for a wrong upgrade is refused in HTTP", async (t) => {
  const { raw, port } = await openMcp(t);
  const upgrade = (headers: string): string =>
    `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: claude-worker-mcp\r\n${headers}\r\n`;
  assert.match(await raw(upgrade("")), /^HTTP\/1\.1 401 /);
  assert.match(await raw(upgrade("Origin: http://evil.example\r\n")), /^HTTP\/1\.1 403 /);
  assert.match(await raw(upgrade("Origin: http://evil.example\r\n"), "socket"), /^HTTP\/1\.1 403 /);
  assert.match(await raw(upgrade("").replace("/mcp", "/api/v1/tasks"), "socket"), /^HTTP\/1\.1 400 /);
  const other = upgrade("Connection: close\r\n").replace("claude-worker-mcp", "h2c").replace("/mcp", "/health");
  assert.match(await raw(other), /^HTTP\/1\.1 200 /, "another upgrade is only an offer");
});

for (const era of ["2026", "2025"] as const) {
  test(`Streamable HTTP serves the protocol of ${era}`, async (t) => {
    const { http, corner, run } = await openMcp(t);
    const client = await http({ era });
    const { id } = (await callTool(client, "create_task", goodTask(corner.work)))["task"] as { id: number };
    const wait = callTool(client, "wait_for_tasks", { ids: [id] });
    await run(id, []);
    assert.equal(((await wait)["ended"] as unknown[]).length, 1);
    const read = await client.readResource({ uri: `worker://tasks/${id}` });
    assert.match(JSON.stringify(read.contents), /completed/);
  });
}

test("a token or a client that may only read gets no tool that changes anything", async (t) => {
  const { http, api } = await openMcp(t);
  const { token } = await api.createToken({ name: "reader", scope: "read" }, { scope: "admin", name: "test" });
  for (const options of [{ token }, { headers: { "x-claude-worker-read-only": "1" } }]) {
    const client = await http(options);
    const { tools } = await client.listTools();
    assert.ok(tools.length > 0 && tools.every(({ annotations }) => annotations?.readOnlyHint === true));
    await assert.rejects(client.callTool({ name: "cancel_task", arguments: { id: 1 } }), /not found/);
  }
});

test("MCP resources are the list, a task and its log, with templates that complete ids", async (t) => {
  const { http, corner } = await openMcp(t);
  const client = await http();
  const { id } = (await callTool(client, "create_task", goodTask(corner.work, { name: "greeting" })))["task"] as { id: number };
  const { resources } = await client.listResources();
  assert.deepEqual(
    resources.map(({ uri }) => uri),
    ["worker://tasks", `worker://tasks/${id}`],
  );
  const text = async (uri: string): Promise<string> => JSON.stringify((await client.readResource({ uri })).contents);
  assert.match(await text("worker://tasks"), /greeting/);
  assert.match(await text(`worker://tasks/${id}`), /next_step/);
  assert.match(await text(`worker://tasks/${id}/log`), /submitted/);
  for (const uri of [
    "worker://tasks/4711",
    "worker://tasks/x",
    "worker://tasks/0",
    "worker://tasks/-1",
    "worker://elsewhere",
    "file:///etc/passwd",
  ]) {
    await assert.rejects(client.readResource({ uri }), /not found/i, uri);
  }
  const completed = await client.complete({
    ref: { type: "ref/resource", uri: "worker://tasks/{id}" },
    argument: { name: "id", value: "" },
  });
  assert.deepEqual(completed.completion.values, [String(id)]);
});

test("prompts: delegate teaches the split, review_task shows asked and done", async (t) => {
  const { http, corner } = await openMcp(t);
  const client = await http();
  const { id } = (await callTool(client, "create_task", goodTask(corner.work)))["task"] as { id: number };
  const textOf = async (name: string, input: Record<string, string>): Promise<string> =>
    JSON.stringify((await client.getPrompt({ name, arguments: input })).messages);
  assert.match(await textOf("delegate", { goal: "make it faster" }), /make it faster[\s\S]*create_task[\s\S]*wait_for_tasks/);
  assert.match(await textOf("review_task", { id: String(id) }), /Write the greeting into hello\.txt/);
  await assert.rejects(client.getPrompt({ name: "review_task", arguments: { id: "4711" } }), /There is no task 4711/);
  await assert.rejects(client.getPrompt({ name: "review_task", arguments: { id: "x" } }));
  await assert.rejects(client.getPrompt({ name: "delegate", arguments: {} }));
});

for (const how of ["http", "stdio"] as const) {
  for (const era of ["2026", "2025"] as const) {
    // The older protocol's subscriptions need a session, and over HTTP there is none.
    if (how === "http" && era === "2025") continue;
    test(`a watched task's changes are told (${how}, ${era})`, async (t) => {
      const mcp = await openMcp(t);
      const client = await mcp[how]({ era });
      const { id } = (await callTool(client, "create_task", goodTask(mcp.corner.work)))["task"] as { id: number };
      const other = (await callTool(client, "create_task", goodTask(mcp.corner.work)))["task"] as { id: number };
      const told: string[] = [];
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => void told.push(params.uri));
      const uris = [`worker://tasks/${id}`, `worker://tasks/${id}/log`];
      if (era === "2026") await client.listen({ resourceSubscriptions: uris });
      else for (const uri of uris) await client.subscribeResource({ uri });
      await mcp.run(other.id, []);
      await mcp.run(id, []);
      await eventually(() => told.length >= 2);
      assert.deepEqual(told.toSorted(), uris.toSorted());
      if (era === "2025") await client.unsubscribeResource({ uri: uris[0] ?? "" });
    });
  }
}

async function askedToTrust(
  mcp: OpenMcp,
  era: "2025" | "2026",
  answer: () => { action: "accept" | "decline" | "cancel"; content?: { trust: boolean } },
) {
  const client = await mcp.stdio({ era, capabilities: { elicitation: { form: {} } } });
  const asked: string[] = [];
  client.setRequestHandler("elicitation/create", ({ params }) => {
    asked.push(params.message);
    return answer();
  });
  return { client, asked };
}

for (const era of ["2026", "2025"] as const) {
  test(`a person at the client may trust a directory when asked (${era})`, async (t) => {
    const mcp = await openMcp(t);
    const stranger = mcp.corner.workdir("stranger", { trusted: false });
    const { client, asked } = await askedToTrust(mcp, era, () => ({ action: "accept", content: { trust: true } }));
    const { task } = await callTool(client, "create_task", goodTask(stranger));
    assert.equal((await mcp.api.getTask({ id: (task as { id: number }).id })).working_directory, stranger);
    assert.equal(asked.length, 1);
    assert.match(asked[0] ?? "", /does not trust .*stranger/);
    assert.ok((await mcp.api.listTrust()).directories.some(({ path, by }) => path === stranger && by === "claude-worker"));
  });

  test(`a directory is not trusted when the person declines (${era})`, async (t) => {
    const mcp = await openMcp(t);
    const stranger = mcp.corner.workdir("stranger", { trusted: false });
    const answers = [
      { action: "decline" as const },
      { action: "cancel" as const },
      { action: "accept" as const, content: { trust: false } },
    ];
    const { client, asked } = await askedToTrust(mcp, era, () => answers.shift() ?? { action: "cancel" });
    for (let round = 1; round <= 3; round += 1) {
      assert.equal((await toolProblem(client, "create_task", goodTask(stranger))).error.code, "untrusted_directory");
      assert.equal(asked.length, round);
    }
    assert.equal((await mcp.api.listTasks({})).tasks.length, 0);
  });
}

test("a client whose token may not trust is not asked", async (t) => {
  const mcp = await openMcp(t);
  const { token } = await mcp.api.createToken({ name: "writer", scope: "submit" }, { scope: "admin", name: "test" });
  const client = await mcp.http({ token, capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler("elicitation/create", () => assert.fail("asked"));
  const stranger = mcp.corner.workdir("stranger", { trusted: false });
  assert.equal((await toolProblem(client, "create_task", goodTask(stranger))).error.code, "untrusted_directory");
});
