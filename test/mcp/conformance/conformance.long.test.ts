/**
 * The official conformance suite against our door: the product's server as it is, where what fails
 * is what wants tools of the suite's own (each listed with the reason), and a server made by the
 * product's factory with those tools, where nothing may fail.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { headerProxy } from "../../../testing/header-proxy.ts";
import { openMcp } from "../../../testing/mcp.ts";
import type { OpenMcp } from "../../../testing/mcp.ts";
import { FixtureJobs } from "./fixture-jobs.ts";
import { registerFixtures } from "./fixture-tools.ts";

const suite = path.join(
  path.dirname(fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/package.json"))),
  "dist",
  "index.js",
);
const expected = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Run {
  readonly code: number | null;
  readonly output: string;
  /** Failed checks, as `scenario: check: why`. */
  readonly failed: readonly string[];
  readonly passed: number;
}

/** Runs the suite against a door; it cannot send a token, so a proxy does. */
async function conformance(t: TestContext, mcp: OpenMcp, words: readonly string[]): Promise<Run> {
  const { port } = await headerProxy(t, mcp.port, mcp.token);
  const results = mkdtempSync(path.join(os.tmpdir(), "cw-conformance-"));
  t.after(() => rmSync(results, { recursive: true, force: true }));
  const child = spawn(process.execPath, [suite, "server", "--url", `http://127.0.0.1:${port}/mcp`, "-o", results, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const checks = readdirSync(results).flatMap((run) =>
    (
      JSON.parse(readFileSync(path.join(results, run, "checks.json"), "utf8")) as { id: string; status: string; errorMessage?: string }[]
    ).map((check) => ({ ...check, run })),
  );
  return {
    code,
    output,
    failed: checks.filter(({ status }) => status === "FAILURE").map(({ run, id, errorMessage = "" }) => `${run}: ${id}: ${errorMessage}`),
    passed: checks.filter(({ status }) => status === "SUCCESS").length,
  };
}

function openFixture(t: TestContext): Promise<OpenMcp> {
  let jobs: FixtureJobs | null = null;
  return openMcp(t, {
    handleSource: (tasks) => (jobs ??= new FixtureJobs(tasks)),
    extend: (server, { questions }) => {
      if (jobs !== null) registerFixtures(server, jobs, questions);
    },
  });
}

for (const revision of ["2026-07-28", "2025-11-25"]) {
  test(`the server meets ${revision}, except what needs the suite's own tools`, { timeout: 900_000 }, async (t) => {
    const run = await conformance(t, await openMcp(t), [
      "--requirements",
      revision,
      "--expected-failures",
      expected(`expected-${revision}.yml`),
    ]);
    assert.equal(run.code, 0, run.output);
    assert.ok(run.passed > 30, run.output);
  });
}

/**
 * Of the tasks extension; `tasks-status-notifications` does nothing in this version of the suite.
 */
const taskScenarios = [
  "tasks-lifecycle",
  "tasks-capability-negotiation",
  "tasks-wire-fields",
  "tasks-request-state-removal",
  "tasks-mrtr-input",
  "tasks-request-headers",
  "tasks-dispatch-and-envelope",
  "tasks-required-task-error",
  "tasks-mrtr-composition",
];

test("a server with the suite's tools meets 2026-07-28 and the tasks extension", { timeout: 900_000 }, async (t) => {
  const run = await conformance(t, await openFixture(t), ["--requirements", "2026-07-28"]);
  assert.deepEqual(run.failed, []);
  assert.equal(run.code, 0, run.output);
  for (const scenario of taskScenarios) assert.match(run.output, new RegExp(`✓ ${scenario}: [1-9]\\d* passed, 0 failed`), scenario);
});
