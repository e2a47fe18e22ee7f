/** `wait_for_tasks`: returns when tasks have ended. Stopping the wait never stops the work. */
import { z } from "zod";
import type { TaskView } from "../../contract/views/task.ts";
import { isTerminal } from "../../domain/task/task.ts";
import { agentOutput, briefOf, briefTask, outputOf } from "../brief-task.ts";
import { waitUntilEnded } from "../wait-until-ended.ts";
import type { WaitResult } from "../wait-until-ended.ts";
import { data, defineTool } from "../tool.ts";
import type { ToolCall } from "../tool.ts";
import { maxOutputCharacters } from "../untrusted.ts";
import { taskId } from "./arguments.ts";

const maxTimeoutSeconds = 50;
/** A result in the answer of a wait is an excerpt: get_task has the whole. */
const excerptCharacters = 4000;

export const waitForTasks = defineTool({
  name: "wait_for_tasks",
  title: "Wait for tasks",
  description:
    "Waits until all (or any) of several tasks have ended and returns their results. Returns after timeout_s at the latest: call it again then. Cancelling the wait never cancels the tasks.",
  input: z.strictObject({
    ids: z.array(taskId).min(1).max(50),
    until: z.enum(["all", "any"]).default("all").describe("Return when all have ended, or the first."),
    timeout_s: z.number().min(0).max(maxTimeoutSeconds).default(45),
  }),
  output: z.object({
    ended: z.array(briefTask.extend({ agent_output: agentOutput })),
    open: z.array(briefTask),
    timed_out: z.boolean(),
    next_step: z.string(),
  }),
  writes: false,
  hints: { destructive: false, idempotent: true, openWorld: false },
  alwaysLoad: true,
  async run({ ids, until, timeout_s }, call) {
    const waited = await waitUntilEnded(call.api, [...new Set(ids)], {
      until,
      timeoutMs: timeout_s * 1000,
      signals: [call.signal, call.stopping],
      onProgress: reporter(call, timeout_s),
    });
    const ended = waited.tasks.filter(({ status }) => isTerminal(status));
    const open = waited.tasks.filter(({ status }) => !isTerminal(status));
    const limit = Math.min(excerptCharacters, Math.floor(maxOutputCharacters / Math.max(1, ended.length)));
    return data({
      ended: ended.map((task) => ({ ...briefOf(task), agent_output: outputOf(task, { limit }) })),
      open: open.map(briefOf),
      timed_out: waited.why === "timeout",
      next_step: nextStep(waited, ended, open, call.stopping.aborted),
    });
  },
});

function reporter(call: ToolCall, timeoutSeconds: number) {
  const { progress } = call;
  if (progress === null) return undefined;
  return (tasks: readonly TaskView[], elapsedMs: number): void => {
    const done = tasks.filter(({ status }) => isTerminal(status)).length;
    const running = tasks.find(({ status, last_action }) => status === "running" && last_action !== null);
    const doing = running === undefined ? "" : `; ${running.id}: ${briefOf(running).agent_says ?? ""}`;
    const message = `${done} of ${tasks.length} have ended${doing}`;
    // A client that no longer reads needs no progress: the wait ends by itself.
    progress({ progress: Math.round(elapsedMs / 1000), total: Math.max(1, timeoutSeconds), message }).catch(() => undefined);
  };
}

function nextStep(waited: WaitResult, ended: readonly TaskView[], open: readonly TaskView[], stopping: boolean): string {
  const ids = `[${open.map(({ id }) => id).join(", ")}]`;
  if (stopping && !waited.ended)
    return `The server is stopping. The tasks are safe and continue. Call wait_for_tasks with ids ${ids} again.`;
  const failed = ended.filter(({ status }) => status !== "completed").map(({ id }) => id);
  const check =
    failed.length > 0
      ? `Tasks [${failed.join(", ")}] did not complete: get_task_logs says why; then retry_task or a better create_task.`
      : "";
  const odd = ended.filter(({ attention }) => attention.length > 0).map(({ id }) => id);
  const look =
    odd.length > 0 ? `Tasks [${odd.join(", ")}] completed, but see their attention: what was denied, failed or left undone.` : "";
  const first = [check, look].filter((sentence) => sentence !== "").join(" ");
  if (open.length > 0) return `${first} Not ended yet: ${ids}. Continue with other work, or call wait_for_tasks with them again.`.trim();
  return first === "" ? "All have completed. Check the work; get_task has a result in full." : first;
}
