/**
 * The walls of ARCHITECTURE.md, held by a test: who may import whom is denied unless the map below
 * allows it.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { taskStatuses } from "../src/domain/task/task.ts";
import { parseSource, readSourceFiles, repositoryRoot } from "../testing/source-files.ts";
import type { Import, SourceFile } from "../testing/source-files.ts";

interface Room {
  /**
   * Rooms (`store`) or single files (`attempt-protocol/protocol.ts`) of ours; `type …` allows
   * `import type` only.
   */
  readonly ours: readonly string[];
  /** npm packages; `type …` likewise. */
  readonly packages: readonly string[];
  /** Node's own modules. A pure room has none. */
  readonly node: boolean;
}

/**
 * A new folder in src/ has no entry here, so it may import nothing: give it one, and a line in
 * ARCHITECTURE.md.
 */
const rooms: Readonly<Record<string, Room>> = {
  domain: { ours: [], packages: [], node: false },
  contract: { ours: ["domain"], packages: ["zod"], node: false },
  config: { ours: ["domain"], packages: [], node: true },
  store: { ours: ["domain", "config", "processes/failpoint.ts"], packages: ["better-sqlite3"], node: true },
  "json-schema": { ours: ["domain"], packages: ["ajv"], node: true },
  operations: {
    ours: ["domain", "config", "contract", "store", "json-schema", "git", "processes/failpoint.ts"],
    packages: ["liquidjs", "yaml", "croner"],
    node: true,
  },
  scheduler: { ours: ["domain", "store"], packages: ["type pino"], node: false },
  processes: { ours: ["domain"], packages: ["koffi"], node: true },
  supervisor: {
    ours: ["domain", "config", "store", "processes", "attempt-protocol/protocol.ts", "attempt-protocol/time-limits.ts"],
    packages: ["type pino"],
    node: true,
  },
  notifications: {
    ours: ["domain", "store", "processes/failpoint.ts"],
    packages: ["standardwebhooks", "ipaddr.js", "nodemailer", "ws", "type pino"],
    node: true,
  },
  git: {
    ours: ["domain", "processes/failpoint.ts", "processes/identity.ts", "processes/users-umask.ts", "processes/waiting-for-pipe.ts"],
    packages: [],
    node: true,
  },
  "attempt-protocol": { ours: ["domain"], packages: [], node: false },
  runner: { ours: ["domain", "config", "processes", "attempt-protocol", "agent", "git", "json-schema"], packages: [], node: true },
  agent: { ours: ["domain", "config", "processes", "attempt-protocol"], packages: ["@anthropic-ai/claude-agent-sdk"], node: true },
  http: { ours: ["domain", "contract"], packages: ["zod"], node: true },
  mcp: {
    ours: ["domain", "contract"],
    packages: ["@modelcontextprotocol/server", "@modelcontextprotocol/node", "zod"],
    node: true,
  },
  // The command line's start-up is a promise: the contract's schemas (zod, 50 ms) stay with the
  // server.
  client: { ours: ["domain", "contract/endpoints.ts", "type contract"], packages: ["eventsource-parser"], node: true },
  cli: {
    ours: [
      "domain",
      "config",
      "client",
      "git/gh.ts",
      "git/git.ts",
      "git/git-problem.ts",
      "git/git-program.ts",
      "processes/process-table.ts",
      "type processes/process-row.ts",
      "type contract",
    ],
    packages: [],
    node: true,
  },
  server: {
    ours: [
      "domain",
      "contract",
      "config",
      "store",
      "operations",
      "scheduler",
      "processes",
      "supervisor",
      "notifications",
      "attempt-protocol",
      "runner/command-sandbox.ts",
      "runner/redaction.ts",
      "runner/shell-command.ts",
      "http",
      "mcp",
      "git/gh.ts",
      "git/git-program.ts",
    ],
    packages: ["pino"],
    node: true,
  },
};

/** Packages that one file wraps, so that one file changes when they do. */
const wrapped: Readonly<Record<string, string>> = {
  "@anthropic-ai/claude-agent-sdk": "src/agent/claude.ts",
  liquidjs: "src/operations/prompts/evaluate.ts",
  croner: "src/operations/schedules/cron.ts",
};

const source = readSourceFiles("src");

test("every folder of src/ is a room of the import map and of ARCHITECTURE.md", () => {
  const architecture = readFileSync(path.join(repositoryRoot, "ARCHITECTURE.md"), "utf8");
  for (const entry of readdirSync(path.join(repositoryRoot, "src"), { withFileTypes: true })) {
    assert.ok(entry.isDirectory(), `src/${entry.name}: a file belongs into a room`);
    assert.ok(Object.hasOwn(rooms, entry.name), `src/${entry.name}/ has no entry in the import map of this test`);
    assert.match(architecture, new RegExp(`\\b${entry.name}/`), `ARCHITECTURE.md does not say what src/${entry.name}/ is`);
  }
});

test("every import is allowed by the import map", () => {
  assert.deepEqual(source.flatMap(forbiddenImports), []);
});

test("every allowance of the import map is used", () => {
  assert.deepEqual(unusedAllowances(rooms, source), []);
});

test("only the store contains SQL", () => {
  assert.deepEqual(pathsOf(source.filter((file) => roomOf(file.path) !== "store" && containsSql(file))), []);
});

test("only domain/task/transitions.ts says which status may follow which", () => {
  const elsewhere = source.filter((file) => file.path !== "src/domain/task/transitions.ts");
  assert.deepEqual(pathsOf(elsewhere.filter(decidesTransitions)), []);
});

test("the domain reads no clock, no randomness and no process", () => {
  assert.deepEqual(pathsOf(source.filter((file) => roomOf(file.path) === "domain" && isImpure(file))), []);
});

test("nobody reads an event's data by names in quotes: its type says what it has", () => {
  assert.deepEqual(pathsOf(source.filter(readsDataByName)), []);
});

test("each kind of wrong import is seen", () => {
  const refused = (file: string, text: string): number => forbiddenImports(parseSource(file, text)).length;
  assert.equal(refused("src/domain/a.ts", `import { b } from "../store/b.ts";`), 1);
  assert.equal(refused("src/domain/a.ts", `import { readFileSync } from "node:fs";`), 1);
  assert.equal(refused("src/http/a.ts", `import { db } from "../store/b.ts";`), 1);
  assert.equal(refused("src/http/a.ts", `import { submit } from "../operations/submit-task.ts";`), 1);
  assert.equal(refused("src/http/a.ts", `import type { Submit } from "../operations/submit-task.ts";`), 1);
  assert.equal(refused("src/client/a.ts", `import type { TaskView } from "../contract/views.ts";`), 0);
  assert.equal(refused("src/cli/commands/a.ts", `const { z } = await import("zod");`), 1);
  assert.equal(refused("src/cli/a.ts", `export * from "../contract/views.ts";`), 1);
  assert.equal(refused("src/cli/a.ts", `let x: import("../store/store.ts").Store;`), 1);
  assert.equal(refused("src/runner/main.ts", `import { query } from "@anthropic-ai/claude-agent-sdk";`), 1);
  assert.equal(refused("src/agent/claude.ts", `import { query } from "@anthropic-ai/claude-agent-sdk";`), 0);
  assert.equal(refused("src/supervisor/a.ts", `import { serve } from "../runner/serve.ts";`), 1);
  assert.equal(refused("src/supervisor/a.ts", `import { protocolVersion } from "../attempt-protocol/protocol.ts";`), 0);
  assert.equal(refused("src/store/a.ts", `import { setup } from "../../testing/setup.ts";`), 1);
  assert.equal(refused("src/attic/a.ts", `import path from "node:path";`), 1);
});

test("an allowance that nobody uses is seen", () => {
  const file = parseSource("src/http/a.ts", `import type { A } from "../store/a.ts"; import { z } from "zod";`);
  const map = { http: { ours: ["store", "type config", "domain/a.ts"], packages: ["zod", "pino"], node: true } };
  const expected = ["http: type config", "http: domain/a.ts", "http: pino", "http: node's own modules"];
  assert.deepEqual(unusedAllowances(map, [file]), expected);
});

test("the other walls can be hit too", () => {
  const file = (text: string): SourceFile => parseSource("src/http/a.ts", text);
  assert.ok(containsSql(file("db.prepare(`SELECT id\n FROM tasks WHERE id = ${id}`)")));
  assert.ok(!containsSql(file(`say("Select a task FROM the list, or update it")`)));
  assert.ok(decidesTransitions(file(`const after = { pending: ["running"], running: "completed" };`)));
  assert.ok(decidesTransitions(file(`const sql = "UPDATE tasks SET status = 'failed' WHERE id = ?";`)));
  assert.ok(!decidesTransitions(file(`const label = { pending: "waits", running: "runs", completed: "done" };`)));
  for (const reading of [`data["text"]`, `event.data["text"]`, `found?.data?.["text"]`, `event.data['kind']`]) {
    assert.ok(readsDataByName(file(`const x = ${reading};`)), reading);
  }
  assert.ok(!readsDataByName(file(`const x = [event.data.text, message["data"], record["text"]];`)));
  for (const impure of ["Date.now()", "new Date()", "Math.random()", "process.env.HOME", "crypto.randomUUID()"]) {
    assert.ok(isImpure(file(`const x = ${impure};`)), impure);
  }
  assert.ok(!isImpure(file("const x = new Date(now).toISOString();")));
});

function forbiddenImports(file: SourceFile): string[] {
  const room = rooms[roomOf(file.path)] ?? { ours: [], packages: [], node: false };
  return file.imports
    .filter((each) => !isAllowed(file, room, each))
    .map((each) => `${file.path} may not import ${each.typeOnly ? "" : "values from "}${each.specifier}`);
}

/**
 * What the map allows and no file of the room imports; `type x` where only types would be needed is
 * not looked for.
 */
function unusedAllowances(map: Readonly<Record<string, Room>>, files: readonly SourceFile[]): string[] {
  return Object.entries(map).flatMap(([name, { ours, packages, node }]) => {
    const imports = files.filter((file) => roomOf(file.path) === name).flatMap((file) => file.imports.map((each) => ({ file, each })));
    const targets = imports.map(({ file, each: { specifier, typeOnly } }) => {
      const target = specifier.startsWith(".")
        ? path.posix.join(path.posix.dirname(file.path), specifier).slice("src/".length)
        : specifier.startsWith("node:")
          ? "node:"
          : packageOf(specifier);
      return { target, typeOnly };
    });
    const isUsed = (allowance: string): boolean => {
      const wanted = allowance.replace(/^type /, "");
      return targets.some(
        ({ target, typeOnly }) => (target === wanted || target.startsWith(`${wanted}/`)) && (typeOnly || !allowance.startsWith("type ")),
      );
    };
    const unused = [...ours, ...packages].filter((allowance) => !isUsed(allowance));
    if (node && !targets.some(({ target }) => target === "node:")) unused.push("node's own modules");
    return unused.map((allowance) => `${name}: ${allowance}`);
  });
}

function isAllowed(file: SourceFile, room: Room, { specifier, typeOnly }: Import): boolean {
  const allows = (list: readonly string[], name: string): boolean => list.includes(name) || (typeOnly && list.includes(`type ${name}`));
  if (specifier.startsWith("node:")) return room.node;
  if (!specifier.startsWith(".")) {
    const name = packageOf(specifier);
    return allows(room.packages, name) && (wrapped[name] ?? file.path) === file.path;
  }
  const target = path.posix.join(path.posix.dirname(file.path), specifier);
  if (!target.startsWith("src/")) return false;
  if (roomOf(target) === roomOf(file.path)) return true;
  return allows(room.ours, roomOf(target)) || allows(room.ours, target.slice("src/".length));
}

function containsSql(file: SourceFile): boolean {
  const sql =
    /\b(SELECT\b.+\bFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|PRAGMA\s+\w|VACUUM|BEGIN\s+(IMMEDIATE|EXCLUSIVE)|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|TRIGGER|VIEW))\b/s;
  return file.texts.some((text) => sql.test(text));
}

/** A table of statuses by status, or an UPDATE that knows the new status by itself. */
function decidesTransitions(file: SourceFile): boolean {
  const setsStatus = new RegExp(`\\bSET\\b[^;]*\\bstatus\\s*=\\s*'(${taskStatuses.join("|")})'[^;]*\\bWHERE\\b`, "is");
  return file.tables.some(isTransitionTable) || file.texts.some((text) => setsStatus.test(text));
}

function isTransitionTable(table: ReadonlyMap<string, readonly string[]>): boolean {
  const statuses = new Set<string>(taskStatuses);
  const rows = [...table].filter(([key, values]) => statuses.has(key) && values.length > 0);
  return rows.length >= 2 && rows.every(([, values]) => values.every((value) => statuses.has(value)));
}

function readsDataByName(file: SourceFile): boolean {
  return file.quoted.some((object) => /(^|\.)data$/.test(object));
}

function isImpure(file: SourceFile): boolean {
  const impure = /^(Date\.now|Math\.random|performance\.|process\.|crypto\.|globalThis\.)/;
  return file.emptyNews.includes("Date") || file.members.some((member) => impure.test(member));
}

function roomOf(file: string): string {
  return file.split("/")[1] ?? "";
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function pathsOf(files: readonly SourceFile[]): string[] {
  return files.map((file) => file.path);
}
