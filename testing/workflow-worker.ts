/** A worker with a repository, and workflows that it runs to their end. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { WorkflowView } from "../src/contract/views/workflow.ts";
import type { Script } from "./script.ts";
import { until } from "./wait.ts";
import { worker } from "./worker.ts";
import type { TestWorker } from "./worker.ts";

export type RunGit = (...args: string[]) => string;

export interface WorkflowWorker extends TestWorker {
  /** Git in the checkout, as its person. */
  readonly git: RunGit;
  gitIn(directory: string): RunGit;
  /** Runs a file with the command line, without waiting. `inputs` are `name=value`. */
  begin(file: string, inputs?: readonly string[]): Promise<WorkflowView>;
  /** The run once it has ended, or once `accept` holds. */
  runUntil(id: number, accept?: (view: WorkflowView) => boolean, timeoutMs?: number): Promise<WorkflowView>;
  /** The statuses of its tasks by their keys. */
  states(view: WorkflowView): Record<string, string>;
}

/** The repository has one commit, of `files`. The server is not started. */
export async function workflowWorker(
  t: TestContext,
  script: Script,
  { files = { "app.txt": "one\n" }, env = {} }: { files?: Record<string, string>; env?: Record<string, string> } = {},
): Promise<WorkflowWorker> {
  const w = await worker(t, script, { env });
  const gitIn =
    (directory: string): RunGit =>
    (...args) =>
      execFileSync("git", args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  const git = gitIn(w.place.work);
  git("init", "-q", "-b", "main");
  git("config", "user.name", "A Person");
  git("config", "user.email", "person@localhost");
  for (const [name, text] of Object.entries(files)) w.place.file(`work/${name}`, text);
  git("add", ".");
  git("commit", "-qm", "first");
  return {
    ...w,
    git,
    gitIn,
    begin: async (file, inputs = []) => {
      const place = path.join(w.place.directory, "flow.yaml");
      writeFileSync(place, file);
      const flags = inputs.flatMap((each) => ["--input", each]);
      const { stdout, stderr, code } = await w.cli(["workflow", "run", place, "-d", w.place.work, "--json", ...flags]);
      if (code !== 0) throw new Error(`workflow run: ${code} ${stdout} ${stderr}`);
      return JSON.parse(stdout) as WorkflowView;
    },
    runUntil: async (id, accept = ({ status }) => status !== "running", timeoutMs) => {
      let view: WorkflowView | null = null;
      const look = async () => (accept((view = await w.client.getWorkflow({ workflow: id }))) ? view : undefined);
      return await until(() => `the run ${id}, which is ${JSON.stringify(view)}`, look, timeoutMs);
    },
    states: ({ tasks }) => Object.fromEntries(tasks.map(({ key, status }) => [key, status])),
  };
}
