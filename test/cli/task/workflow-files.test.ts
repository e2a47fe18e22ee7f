import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { readWorkflow } from "../../../src/cli/task/workflow-files.ts";
import type { WorkerClient } from "../../../src/client/worker-client.ts";
import type { Io } from "../../../src/cli/terminal/io.ts";
import { maxWorkflowBytes } from "../../../src/domain/workflows/workflow.ts";
import { scratch } from "../../../testing/scratch.ts";

test("a workflow file that would never end, or block, is refused", async (t) => {
  const { directory } = scratch(t);
  const io = { cwd: directory } as unknown as Io;
  // A server that wants the file which the first one names.
  const client = { validateWorkflow: async () => await Promise.resolve({ needs_files: ["pipe.yaml"] }) } as unknown as WorkerClient;
  const read = async (name: string) => await readWorkflow(name, [], client, io);
  await assert.rejects(read("/dev/zero"), /The file \/dev\/zero is a device, a pipe or a socket, and only files are read as workflows/);
  writeFileSync(path.join(directory, "large.yaml"), "#".repeat(maxWorkflowBytes + 1));
  await assert.rejects(read("large.yaml"), /large\.yaml has more than 1024 KB/);
  execFileSync("mkfifo", [path.join(directory, "pipe.yaml")]);
  writeFileSync(path.join(directory, "first.yaml"), "tasks: { a: { workflow: pipe.yaml } }");
  await assert.rejects(read("first.yaml"), /The file pipe\.yaml is a device, a pipe or a socket/);
  await assert.rejects(read("nowhere.yaml"), /The file nowhere\.yaml cannot be read \(ENOENT\)/);
});
