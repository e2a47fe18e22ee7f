/**
 * The API's document, judged from outside: spectral with the OWASP rules, redocly, and what we ask
 * of it ourselves.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectralCore from "@stoplight/spectral-core";
import owasp from "@stoplight/spectral-owasp-ruleset";
import Parsers from "@stoplight/spectral-parsers";
import rulesets from "@stoplight/spectral-rulesets";
import type { RulesetDefinition } from "@stoplight/spectral-core";
import { promptProblems } from "../../src/domain/agents/prompt-quality.ts";
import type { MachinePrompt } from "../../src/domain/agents/prompt-quality.ts";
import { exampleOf } from "../../src/http/document/document-example.ts";
import { openApiDocument } from "../../src/http/document/openapi.ts";
import type { Json } from "../../src/http/document/json.ts";
import { createHttp } from "../../src/http/server.ts";
import type { DoorApi } from "../../testing/door-api.ts";
import { pullUrl, standInGh } from "../../testing/gh.ts";
import { openDoor } from "../../testing/http-door.ts";
import { scratch } from "../../testing/scratch.ts";
import { plainGit } from "../../testing/git-repository.ts";
import { snapshotsOf } from "../../testing/task-snapshots.ts";
import { realApi } from "../../testing/real-api.ts";

const { Spectral, Document } = spectralCore;

/**
 * Rules that the document breaks on purpose. A rule that nothing breaks any more must go from this
 * list.
 */
const exceptions: Readonly<Record<string, string>> = {
  "license-url": "OpenAPI 3.1 allows `identifier` or `url`, not both; the SPDX identifier says more",
  "contact-properties": "there is no mail address to promise",
  "owasp:api1:2023-no-numeric-ids": "tasks have small numbers for people; a guessed number opens nothing without a token",
  "owasp:api2:2023-read-restricted": "GET /health and the documentation page are open on purpose and tell nothing of tasks",
  "owasp:api2:2023-write-restricted": "POST /api/v1/sessions signs in: its body is the proof of who calls",
  "owasp:api8:2023-define-error-responses-401": "the same open addresses ask for no token",
  "owasp:api4:2023-rate-limit-responses-429": "the same open addresses are not rationed",
  "owasp:api4:2023-rate-limit":
    "what is rationed says so when it happens (429 with Retry-After); there is no budget to report on each answer",
  "owasp:api8:2023-define-cors-origin": "no CORS header is ever sent: web pages of other origins may not use this server",
};

/** Rules that do not fit. Each would find hundreds of places, and take half of the test's time. */
const switchedOff: Readonly<Record<string, string>> = {
  "owasp:api4:2023-string-limit": "texts of answers are as long as what the agent wrote; those of requests are limited (tested below)",
  "owasp:api4:2023-string-restricted": "names and prompts are free texts",
  "owasp:api4:2023-array-limit": "lists of answers are bounded by their page's limit; those of requests are limited (tested below)",
};

let written: Json | null = null;

function documentOf(t: TestContext): Json {
  written ??= openApiDocument(createHttp({ api: realApi(t).api, token: "t".repeat(43), log: { error: () => {} } }).routes, "1.2.3");
  return structuredClone(written);
}

test("Spectral's and OWASP's rules find only the excepted points in the document", async (t) => {
  const spectral = new Spectral();
  spectral.setRuleset({
    extends: [
      [rulesets.oas, "all"],
      [owasp, "all"],
    ],
    rules: Object.fromEntries(Object.keys(switchedOff).map((rule) => [rule, "off"])),
  } as unknown as RulesetDefinition);
  const results = await spectral.run(new Document(JSON.stringify(documentOf(t)), Parsers.Json, "openapi.json"));
  const broken = new Map(results.map(({ code, message, path }) => [String(code), `${message} (${path.join(".")})`]));
  assert.deepEqual(
    [...broken].filter(([code]) => exceptions[code] === undefined),
    [],
  );
  assert.deepEqual(
    Object.keys(exceptions).filter((code) => !broken.has(code)),
    [],
    "exceptions that nothing needs any more",
  );
});

test("Redocly's strict rules find nothing in the document", async (t) => {
  const config = await createConfig({ extends: ["recommended-strict"] });
  const problems = await lintFromString({ source: JSON.stringify(documentOf(t)), config });
  assert.deepEqual(
    problems.map(({ ruleId, message }) => `${ruleId}: ${message}`),
    [],
  );
});

test("every text and list of a request has a limit", (t) => {
  const document = documentOf(t) as { paths: Record<string, Record<string, Json>>; components: { schemas: Record<string, Json> } };
  const unlimited: string[] = [];
  const walk = (value: unknown, where: string): void => {
    if (typeof value !== "object" || value === null) return;
    const schema = value as Json;
    const ref = typeof schema["$ref"] === "string" ? schema["$ref"].split("/").at(-1) : undefined;
    if (ref !== undefined) return walk(document.components.schemas[ref], `${where}>${ref}`);
    const isText = schema["type"] === "string" && schema["enum"] === undefined;
    const isBounded =
      schema["maxLength"] !== undefined || schema["format"] !== undefined || /\{\d*,?\d+\}\$$/.test(String(schema["pattern"]));
    if (isText && !isBounded) unlimited.push(where);
    if (schema["type"] === "array" && schema["maxItems"] === undefined) unlimited.push(where);
    // An example is a value, which may look like a schema.
    for (const [key, inner] of Object.entries(schema)) if (key !== "examples") walk(inner, `${where}.${key}`);
  };
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { parameters, requestBody }] of Object.entries(methods)) {
      walk(parameters, `${method} ${path} parameters`);
      walk(requestBody, `${method} ${path} body`);
    }
  }
  assert.deepEqual(unlimited, []);
});

test("every route is in the document, with names that are used once", (t) => {
  const door = createHttp({ api: realApi(t).api, token: "t".repeat(43), log: { error: () => {} } });
  const { paths } = openApiDocument(door.routes, "1") as {
    paths: Record<string, Record<string, { operationId: string; summary: string }>>;
  };
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  assert.equal(operations.length, door.routes.length);
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const route of door.routes) assert.equal(paths[route.path]?.[route.method.toLowerCase()]?.operationId, route.name);
});

test("an operation says whether it needs a token and a body", (t) => {
  const { paths } = documentOf(t) as { paths: Record<string, Record<string, Json & { requestBody?: { required: boolean } }>> };
  const of = (path: string, method: string): Json & { requestBody?: { required: boolean } } => paths[path]?.[method] ?? {};
  assert.deepEqual(of("/health", "get")["security"], []);
  assert.match(String(of("/health", "get")["description"]), /Open to everybody/);
  assert.equal(of("/api/v1/tasks", "post")["security"], undefined, "as the whole document says");
  assert.match(String(of("/api/v1/tasks", "post")["description"]), /Needs the scope `submit`/);
  assert.equal(of("/api/v1/tasks", "post").requestBody?.required, true);
  assert.equal(of("/api/v1/holds", "post").requestBody?.required, false);
  assert.equal(of("/api/v1/tasks", "get").requestBody, undefined);
});

test("every example of a body is accepted where it is posted", async (t) => {
  const { PATH = "" } = process.env;
  process.env["PATH"] = `${standInGh(scratch(t).directory).bin}:${PATH}`;
  t.after(() => (process.env["PATH"] = PATH));
  const { call, api } = await openDoor(t);
  // The examples' directories are below the home of the example's person.
  const working_directory = api.corner.workdir("project");
  api.corner.workdir("backups");
  const here = (example: unknown): Json => JSON.parse(JSON.stringify(example).replaceAll("/home/me/", `${api.corner.directory}/`)) as Json;
  const document = documentOf(t) as { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Json> } };
  const posted: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const content = operation.requestBody?.content["application/json"];
      if (content === undefined) continue;
      // Examples name task, token and directory as they are in a server in use.
      await call({ method: "POST", path: "/api/v1/tasks", body: { prompt: "Work", working_directory } });
      await api.addTrust({ directory: working_directory }, { scope: "admin", name: "test" });
      if (operation.operationId === "retryTask") await api.cancelTask({ id: 1 }, { scope: "admin", name: "test" });
      if (operation.operationId === "answerQuestion") await ask(api);
      if (operation.operationId === "forkTask") await begin(api);
      if (operation.operationId === "rewindTask") await endAfterTurn(api);
      if (operation.operationId === "applyTask") await giveWorktree(api, working_directory);
      if (operation.operationId === "restoreFiles") await endWithSnapshot(api, working_directory);
      if (operation.operationId === "addReviewComments") await changeFile(api, working_directory);
      const example = exampleOf({ ...operation, method, path }, document.components.schemas);
      const [, body = ""] = /-d '(.*)'$/s.exec(example) ?? [];
      assert.deepEqual(JSON.parse(body.replaceAll(String.raw`'\''`, "'")), content.example, example);
      const answer = await call({
        method: method.toUpperCase(),
        path: path
          .replace("{id}", "1")
          .replace("{comment}", "1")
          .replace(/\{(?:name|schedule)\}/, "nightly")
          .replace("{scope}/{period}", "all/day")
          .replace("{template}", "review")
          .replace("{workflow}", "1"),
        body: here(content.example),
      });
      // No example can have a code that was made a moment ago.
      const isWrongCode = operation.operationId === "createSession" && answer.status === 401;
      assert.ok(answer.status < 300 || isWrongCode, `${operation.operationId}: ${answer.status} ${answer.text}`);
      posted.push(operation.operationId);
    }
  }
  assert.ok(posted.includes("backup") && posted.includes("prune") && posted.includes("submitMachineTask"));
});

/** The first task has ended, with a checkpoint. */
async function endWithSnapshot(api: DoorApi, directory: string): Promise<void> {
  if (api.store.tasks.get(1)?.endedAt == null) await api.cancelTask({ id: 1 }, { scope: "admin", name: "test" });
  await (await snapshotsOf(api.store, { id: 1, directory, home: api.corner.home })).take();
}

/** The first task has changed the file that the example of a comment names. */
async function changeFile(api: DoorApi, directory: string): Promise<void> {
  await begin(api);
  const { store, corner } = api;
  const git = (...args: string[]): string => plainGit(directory, { PATH: process.env["PATH"] ?? "", HOME: corner.home }, args);
  corner.file("project/src/dates/parse.ts", "line\n".repeat(12));
  git("add", ".");
  git("commit", "-q", "-m", "dates");
  const last = store.checkpoints.last(1);
  assert.ok(last !== null);
  await store.write(() => store.checkpoints.insert({ ...last, number: last.number + 1, commit: git("rev-parse", "HEAD") }));
}

/** The first task works in a worktree of the directory's repository. */
async function giveWorktree({ store, corner }: DoorApi, directory: string): Promise<void> {
  const git = (...args: string[]): string => plainGit(directory, { PATH: process.env["PATH"] ?? "", HOME: corner.home }, args);
  git("commit", "-q", "--allow-empty", "-m", "first");
  const place = `${corner.directory}/tree`;
  git("worktree", "add", "-q", "-b", "cw/1-x", place);
  const known = store.workspaces.get(1);
  const baseCommit = git("rev-parse", "HEAD");
  if (known !== null) await store.write(() => store.workspaces.put({ ...known, kind: "worktree", state: "kept", path: place, baseCommit }));
}

/** The first question: for a permission. */
async function ask({ store }: DoorApi): Promise<void> {
  const question = {
    key: "k",
    kind: "permission",
    tool: "Bash",
    toolUseId: "toolu_1",
    agentId: null,
    inputHash: "",
    rule: "Bash(touch *)",
  } as const;
  await store.write(() => store.questions.ask(1, 1, { ...question, input: { command: "touch a" } }, { askedAt: 1, deadline: null }));
}

/** Gives the first task a session. */
async function begin({ store }: DoorApi): Promise<void> {
  await store.write(() => store.tasks.patch(1, 1, { sessionId: crypto.randomUUID() }));
}

/** Ends the first task after one turn. */
async function endAfterTurn(api: DoorApi): Promise<void> {
  await begin(api);
  await api.cancelTask({ id: 1 }, { scope: "admin", name: "test" });
  await api.store.write(() => api.store.turns.count(1, "msg_1"));
  const { session_id: session } = await api.getTask({ id: 1 });
  const line = { type: "assistant", uuid: "a", message: { id: "msg_1" } };
  api.corner.file(`home/.claude/projects/-work/${session}.jsonl`, JSON.stringify(line));
}

test("the document's example of a machine's task passes the rules for prompts", (t) => {
  const document = documentOf(t) as { paths: Record<string, Record<string, Operation>> };
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const example = operations.find(({ operationId }) => operationId === "submitMachineTask")?.requestBody?.content["application/json"]
    ?.example;
  assert.deepEqual(promptProblems(example as MachinePrompt), []);
});

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json; readonly example: unknown }> };
}

test("the document is served with a token, and its page without one", async (t) => {
  const { call } = await openDoor(t);
  const document = await call({ path: "/openapi.json", tcp: true });
  assert.equal(document.json()["openapi"], "3.1.0");
  assert.equal((await call({ path: "/openapi.json", tcp: true, token: null })).status, 401);
  const page = await call({ path: "/docs", tcp: true, token: null });
  assert.equal(page.status, 200);
  assert.match(page.headers["content-type"] ?? "", /^text\/html/);
  assert.match(String(page.headers["content-security-policy"]), /^default-src 'none'; style-src 'self';/);
  // An example names a pull request; the page loads nothing from there.
  const text = page.text.replaceAll(pullUrl, "");
  assert.deepEqual(text.match(/<script|javascript:|\son\w+=|https?:\/\/(?!127\.0\.0\.1|localhost)/gi), null);
  assert.ok(page.text.includes("Submit a task"));
  const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, "an id comes twice");
  const anchors = new Set(ids);
  for (const [, target] of page.text.matchAll(/href="#([^"]+)"/g)) assert.ok(anchors.has(target), `#${target} leads nowhere`);
  const style = await call({ path: "/docs/style.css", tcp: true, token: null });
  assert.match(style.headers["content-type"] ?? "", /^text\/css/);
  assert.doesNotMatch(style.text, /url\(|@import/);
});
