import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { scratch } from "../../testing/scratch.ts";

const page = readFileSync(new URL("../../docs/user-guide/recipes.md", import.meta.url), "utf8");

interface Settings {
  readonly hooks: Readonly<Record<string, readonly { readonly hooks: readonly { readonly command: string }[] }[]>>;
}

test("the recipe's hook submits a task, and none from inside a task", (t) => {
  const { directory } = scratch(t);
  const program = path.join(directory, "claude-worker");
  writeFileSync(program, "#!/bin/sh\necho submitted\n");
  chmodSync(program, 0o755);
  const settings = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? "") as Settings;
  const [{ command } = { command: "" }] = Object.values(settings.hooks)[0]?.[0]?.hooks ?? [];
  const run = (env: Record<string, string>): string =>
    spawnSync("sh", ["-c", command], { env: { PATH: `${directory}:/usr/bin:/bin`, ...env }, encoding: "utf8" }).stdout;
  assert.equal(run({}), "submitted\n");
  assert.equal(run({ WORKER_TASK_RUNNER: "r" }), "");
});

test("every shell command in the recipes has valid syntax", () => {
  for (const [, script = ""] of page.matchAll(/```bash\n([^]*?)```/g)) {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""], script);
  }
});
