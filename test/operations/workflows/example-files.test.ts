import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { workflowCheck } from "../../../src/contract/operations/workflows.ts";
import { repositoryRoot } from "../../../testing/source-files.ts";
import { person, workflows } from "../../../testing/workflow-runs.ts";

const directory = path.join(repositoryRoot, "examples", "workflows");

test("the example workflows are valid, and are in the documentation", async (t) => {
  const { api } = workflows(t);
  const page = readFileSync(path.join(repositoryRoot, "docs", "user-guide", "workflows.md"), "utf8");
  const inputs: Record<string, object> = { "map-reduce-refactor.yaml": { change: "x" }, "release-pipeline.yaml": { version: "2.4" } };
  const names = readdirSync(directory);
  assert.ok(names.length >= 4);
  for (const name of names) {
    const file = readFileSync(path.join(directory, name), "utf8");
    const checked = await api.validateWorkflow(workflowCheck.parse({ file, path: name, inputs: inputs[name] ?? {} }), person);
    assert.equal(`${checked.name}.yaml`, name);
    assert.ok(page.includes(`examples/workflows/${name}`), name);
  }
});
