/** Follows a run of a workflow until it ends: a line for each task that ends or needs a person. */
import type { AskedNow } from "../../client/wait.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { WorkflowView } from "../../contract/views/workflow.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { exitCodes } from "../commandline/exit-codes.ts";
import type { ExitCode } from "../commandline/exit-codes.ts";
import { writeJson } from "../terminal/io.ts";
import type { Io } from "../terminal/io.ts";
import { workflowPage } from "../terminal/render/workflow.ts";
import { say } from "../terminal/render/wrap.ts";
import { askedLine } from "./asked-line.ts";
import { taskCount } from "./workflow-flags.ts";

type Step = WorkflowView["tasks"][number];

interface Watching {
  readonly io: Io;
  readonly client: WorkerClient;
  readonly json: boolean;
}

/** @returns 0 when the run completed, 1 when it did not. Ctrl-C leaves it running. */
export async function watchWorkflow(first: WorkflowView, { io, client, json }: Watching): Promise<ExitCode> {
  const interrupt = new AbortController();
  const release = io.onInterrupt(() => interrupt.abort());
  const seen = new Set<string>();
  let workflow = first;
  const onQuestion = (asked: AskedNow): void => {
    const line = askedLine(asked, workflow.tasks.find(({ id }) => id === asked.task)?.key);
    if (json || seen.has(line)) return;
    seen.add(line);
    say(io.stderr, line);
  };
  try {
    if (!json) say(io.stderr, `Workflow ${workflow.id} runs: ${taskCount(workflow)}.`);
    while (workflow.status === "running") {
      const open = workflow.tasks.filter(({ status }) => !isTerminal(status));
      // A join ends last; the others tell more.
      const waitsFor = open.filter(({ kind }) => kind !== "join").toSorted(hasBegunFirst);
      const signal = new AbortController();
      await client.wait(
        (waitsFor.length === 0 ? open : waitsFor).map(({ id }) => id),
        { signal: AbortSignal.any([interrupt.signal, signal.signal]), onEnd: () => signal.abort(), onQuestion },
      );
      workflow = await client.getWorkflow({ workflow: workflow.id });
      if (!json) tell(workflow, seen, io);
      if (interrupt.signal.aborted) {
        say(io.stderr, `Workflow ${workflow.id} runs in the background: claude-worker workflow show ${workflow.id}`);
        return exitCodes.interrupted;
      }
    }
  } finally {
    release();
  }
  if (json) writeJson(io.stdout, workflow);
  else io.stdout.write(workflowPage(workflow, io.stdout));
  return workflow.status === "completed" ? exitCodes.ok : exitCodes.failed;
}

/** Of many tasks, those that have begun are followed first: they end, and they ask. */
function hasBegunFirst(a: Step, b: Step): number {
  return Number(a.status === "pending") - Number(b.status === "pending");
}

function tell({ tasks }: WorkflowView, seen: Set<string>, io: Io): void {
  for (const { key, status, id } of tasks) {
    const line = `${key}: ${status} (task ${id})`;
    if (!isTerminal(status) || seen.has(line)) continue;
    seen.add(line);
    say(io.stderr, line);
  }
}
