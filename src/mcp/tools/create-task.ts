/** `create_task`: puts a task into the queue and returns at once. */
import { acceptedContent, inputRequired } from "@modelcontextprotocol/server";
import { z } from "zod";
import { taskInput } from "../../contract/task-input.ts";
import type { ParsedTaskInput } from "../../contract/task-input.ts";
import type { TaskView } from "../../contract/views/task.ts";
import { WorkerError } from "../../domain/errors.ts";
import { permissionModes } from "../../domain/task/permission-mode.ts";
import { directoryOf } from "../../domain/task/untrusted-directory.ts";
import { briefOf } from "../brief-task.ts";
import { hasTasksExtension, keyInSession } from "../session.ts";
import type { McpSession } from "../../contract/mcp-session.ts";
import { data, defineTool } from "../tool.ts";
import type { ToolAnswer, ToolCall } from "../tool.ts";
import type { TaskHandles } from "../task-handles.ts";
import { personalOptions } from "./agent-options.ts";
import { idempotencyKey } from "./arguments.ts";

const modesForAgents = permissionModes.filter((mode) => mode !== "bypassPermissions");

/** A task as an agent writes it: the contract's own fields, but no way around permissions. */
export const agentTaskInput = taskInput.omit({ ...personalOptions, from_settings: true }).extend({
  working_directory: taskInput.shape.working_directory
    .optional()
    .describe("Absolute path of an existing, trusted directory. Default: the project that you work in, where it is known."),
  permission_mode: z
    .enum(modesForAgents)
    .nullish()
    .describe("Default: the server's setting (`acceptEdits`). Not wider than the user lets agents have."),
  allow: taskInput.shape.allow.describe(
    "Permission rules that allow, e.g. `Bash(npm test)`; only those that the user lets agents hand on.",
  ),
});

export function createTask(handles: Pick<TaskHandles, "handleOf">) {
  return defineTool({
    name: "create_task",
    title: "Create a task",
    description:
      "Hands a piece of work to a fresh Claude Code in the background and returns at once with the task's id. The worker sees nothing of this conversation: put everything into the prompt. Then continue with other work, or wait_for_tasks.",
    input: agentTaskInput.extend({
      idempotency_key: idempotencyKey.optional(),
      wait: z
        .boolean()
        .default(false)
        .describe(
          "Hold the call as a task of your client's own until the work has ended, where the client can do that (MCP tasks extension). Otherwise as without it.",
        ),
    }),
    output: null,
    writes: true,
    hints: { destructive: false, idempotent: false, openWorld: true },
    alwaysLoad: true,
    async run({ idempotency_key, wait, ...fields }, call) {
      const input = withDirectory(fields, call.session);
      try {
        const task = await submit(input, idempotency_key, call);
        if (wait && hasTasksExtension(call.capabilities)) return { kind: "handle", handle: handles.handleOf(task) };
        return data({ task: briefOf(task), next_step: nextStep(task) + (await hintsFor([input], call)) });
      } catch (error) {
        if (error instanceof WorkerError && error.code === "untrusted_directory" && mayAskForTrust(call)) {
          return await askForTrust(input, idempotency_key, error, call);
        }
        throw error;
      }
    },
  });
}

/** @throws WorkerError invalid_input when neither the call nor the client named a directory. */
export function withDirectory(fields: z.output<typeof agentTaskInput>, session: McpSession): ParsedTaskInput {
  const working_directory = fields.working_directory ?? session.project;
  if (working_directory !== null) return { ...fields, working_directory };
  const detail = "is missing: give the absolute path of the project that the work is about";
  throw new WorkerError("invalid_input", `working_directory ${detail}.`, [{ pointer: "/working_directory", detail }]);
}

async function submit(input: ParsedTaskInput, key: string | undefined, { api, caller, session }: ToolCall): Promise<TaskView> {
  if (key === undefined) return await api.submitTask(input, caller);
  return (await api.submitTaskOnce(input, keyInSession(session, key), caller)).task;
}

/** Only a person may widen trust: one who sits at the client, and whose own token could do it. */
function mayAskForTrust({ capabilities, caller }: ToolCall): boolean {
  return capabilities.elicitation !== undefined && caller.scope === "admin" && caller.taskId === undefined;
}

async function askForTrust(input: ParsedTaskInput, key: string | undefined, error: WorkerError, call: ToolCall): Promise<ToolAnswer> {
  const directory = directoryOf(error, input);
  // The answer counts for the directory that was asked about, whatever the client sends along with
  // it.
  const answer = isAbout(call.asked, directory) ? call.answers?.["trust"] : undefined;
  if (answer === undefined) return { kind: "ask", request: trustQuestion(questionOf(directory, error), await call.seal({ directory })) };
  if (acceptedContent({ trust: answer }, "trust", z.object({ trust: z.boolean() }))?.trust !== true) throw error;
  await call.api.addTrust({ directory, commands: isAboutCommands(error) }, call.caller);
  const task = await submit(input, key, call);
  return data({ task: briefOf(task), next_step: nextStep(task) + (await hintsFor([input], call)) });
}

function isAbout(asked: unknown, directory: string): boolean {
  return typeof asked === "object" && asked !== null && "directory" in asked && asked.directory === directory;
}

/** Verify commands are trusted only where the question names them. */
function isAboutCommands({ problems }: WorkerError): boolean {
  return /^\/(?:verify|until|score)\b/.test(problems[0]?.pointer ?? "");
}

function questionOf(directory: string, error: WorkerError): string {
  if (isAboutCommands(error)) return `${error.message} Trust them?`;
  return `Claude Worker does not trust ${directory} yet. Tasks in a trusted directory follow its instructions and run its hooks and MCP servers as you. Trust it and everything below?`;
}

function trustQuestion(message: string, requestState: string) {
  const requestedSchema = {
    type: "object" as const,
    properties: { trust: { type: "boolean" as const, title: "Trust this directory", default: false } },
    required: ["trust"],
  };
  return inputRequired({ inputRequests: { trust: inputRequired.elicit({ message, requestedSchema }) }, requestState });
}

/** What would have made the prompts better, for the agent's next ones. */
export async function hintsFor(inputs: readonly ParsedTaskInput[], { api }: Pick<ToolCall, "api">): Promise<string> {
  const all = await Promise.all(inputs.map((input) => api.promptHints(input)));
  const hints = [...new Set(all.flat())];
  return hints.length === 0 ? "" : ` Advice for the next prompts: ${hints.join(" ")}`;
}

function nextStep(task: TaskView): string {
  const start =
    task.waiting_for === null || task.waiting_for.message === "starts now"
      ? ""
      : ` It waits: ${task.waiting_for.message.replace(/\.$/, "")}.`;
  return `Task ${task.id} is safe in the queue.${start}${warningsOf(task)} Continue with other work, or call wait_for_tasks with all ids that you wait for. Do not poll get_task.`;
}

/** An agent cannot do without the directory's rules, so the user has to fix them. */
export function warningsOf({ warnings = [] }: TaskView): string {
  return warnings.map((warning) => ` Tell the user: ${warning}`).join("");
}
