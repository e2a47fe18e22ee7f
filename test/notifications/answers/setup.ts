/**
 * The real services of channels on a real store and the real operations: tasks that ask, without
 * runners.
 */
import type { TestContext } from "node:test";
import { pino } from "pino";
import type { Caller } from "../../../src/contract/caller.ts";
import type { ChannelInput } from "../../../src/contract/operations/notifications.ts";
import type { AskedQuestion, Question } from "../../../src/domain/questions/question.ts";
import { questionText } from "../../../src/domain/questions/offered-options.ts";
import type { AnswersProblem } from "../../../src/operations/notifications/channels.ts";
import { ClaudeCodeTrust } from "../../../src/operations/tasks/working-directory.ts";
import { channelServices } from "../../../src/server/channel-services.ts";
import type { ChannelServices } from "../../../src/server/channel-services.ts";
import { plainInput } from "../../../testing/plain-task.ts";
import { realApi } from "../../../testing/real-api.ts";
import { until } from "../../../testing/wait.ts";

export const owner: Caller = { scope: "admin", name: "socket" };

export const permission: AskedQuestion = {
  key: "",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "rm -rf build\nnpm run build" },
  inputHash: "1",
  rule: "Bash(rm *)",
};

export async function setup(t: TestContext) {
  let problemOf: AnswersProblem = () => null;
  const { api, store, settings, corner, clock } = realApi(t, {}, {}, { answersProblem: (channel) => problemOf(channel) });
  const working_directory = corner.workdir("project");
  const claudeCodeTrust = new ClaudeCodeTrust({ HOME: corner.home });
  const start = async (more: { readonly longestPauseMs?: number } = {}): Promise<ChannelServices> => {
    const services = channelServices({
      store,
      settings,
      claudeCodeTrust,
      log: pino({ level: "silent" }),
      env: {},
      now: () => clock.nowMs,
      redact: (text) => text.replaceAll("hunter22", "[redacted]"),
      ...more,
    });
    // What answers say of themselves comes through the same list as in the server.
    problemOf = (channel) => services.answerListener.problemOf(channel);
    const all = [services.notifier, services.askCloser, services.answerListener];
    for (const service of all) await service.start();
    t.after(async () => {
      for (const service of all) await service.stop();
    });
    return services;
  };
  let asked = 0;
  return {
    api,
    store,
    clock,
    working_directory,
    start,
    add: (input: Omit<ChannelInput, "name" | "events">, name = "phone") =>
      api.addChannel({ name, events: ["question"], allow_private: true, ...input }, owner),
    /** A new task asks. */
    async ask(question: Partial<AskedQuestion> = {}, deadline: number | null = null): Promise<Question> {
      const { id: task } = await api.submitTask(plainInput({ prompt: "Build it", working_directory }), owner);
      asked += 1;
      const whole = { ...permission, ...question, key: String(asked) };
      return await store.write(() => {
        const stored = store.questions.ask(task, 1, whole, { askedAt: clock.nowMs, deadline });
        const data = { question: stored.id, kind: whole.kind, tool: whole.tool, text: questionText(whole) };
        store.events.append(stored.taskId, null, [{ type: "question_asked", at: clock.nowMs, data }]);
        return stored;
      });
    },
    question: (id: number): Question => store.questions.get(id) ?? ({} as Question),
    ended: (id: number): Promise<Question> =>
      until(`an answer to q${id}`, () => {
        const found = store.questions.get(id);
        return found !== null && found.status !== "open" ? found : null;
      }),
  };
}
