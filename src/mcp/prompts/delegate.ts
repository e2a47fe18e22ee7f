/** `delegate`: how to split a goal into tasks that stand alone. */
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { taskInput } from "../../contract/task-input.ts";

export function registerDelegate(server: McpServer): void {
  server.registerPrompt(
    "delegate",
    {
      title: "Delegate a goal",
      description: "Splits a goal into tasks for the background, creates them, and tells you when they are done.",
      argsSchema: z.object({
        goal: z.string().min(1).max(20_000).describe("The goal to reach."),
        directory: taskInput.shape.working_directory.optional().describe("The project's directory. Default: the current one."),
      }),
    },
    ({ goal, directory }) => ({ messages: [{ role: "user", content: { type: "text", text: delegation(goal, directory) } }] }),
  );
}

function delegation(goal: string, directory = "the directory of this project (as an absolute path)"): string {
  return `Delegate this goal to Claude Worker:

${goal}

1. Look at what you need to know to split the goal well: which files it touches, what depends on what. Do not do the work itself.
2. Split it into as few tasks as make sense. Each must stand alone, have one clear result, and edit files that no other task edits at the same time. What depends on another task's result is created after that one has completed. A goal that does not split is one task.
3. For each task call create_task with
   - working_directory: ${directory}
   - system_prompt: who the worker is ("You are a …"), and what it must and must not do (files to leave alone, no commits unless wanted, no new dependencies …)
   - prompt: the goal; the context that you found, with the paths of the files; what done means; the command that proves it
   - name: three to five words; idempotency_key: one of your own per task
4. Tell me in a short list which tasks you created and what each will do.
5. Call wait_for_tasks with all ids; call it again while some are open. Do not poll get_task.
6. When they have ended, check the work yourself (read the changes, run the checks), and tell me: what is done, what failed and why, what you suggest next.`;
}
