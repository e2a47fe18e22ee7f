/** The question with nothing special that tests start from, and a task that asks it. */
import type { Caller } from "../src/contract/caller.ts";
import type { AskedQuestion, Question } from "../src/domain/questions/question.ts";
import { plainInput } from "./plain-task.ts";
import type { RealApi } from "./real-api.ts";

export const owner: Caller = { scope: "admin", name: "socket" };

/** A command that no rule decides. */
export const permission: AskedQuestion = {
  key: "k",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "touch a" },
  inputHash: "1",
  rule: "Bash(touch *)",
};

/** Submits a task in a trusted directory of its own. @param options of the task. */
export async function askingTask({ api, store, corner, clock }: Pick<RealApi, "api" | "store" | "corner" | "clock">, options: object = {}) {
  const working_directory = corner.workdir("project", { trusted: false });
  await api.addTrust({ directory: working_directory }, owner);
  const { id: task } = await api.submitTask(plainInput({ prompt: "Work", working_directory, ...options }), owner);
  const ask = (asked: AskedQuestion, deadline: number | null = null): Promise<Question> =>
    store.write(() => store.questions.ask(task, 1, asked, { askedAt: clock.nowMs, deadline }));
  return { task, ask, working_directory };
}
