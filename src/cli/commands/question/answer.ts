/** `answer`: gives a task what it waits for. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { reading } from "../../server/connection.ts";
import { answeredText } from "../../task/answered-text.ts";
import { givenAnswer } from "../../task/given-answer.ts";
import type { AnswerBody, AnswerFlags } from "../../task/given-answer.ts";
import { questionOf, questionReference } from "../../task/question-reference.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import type { QuestionView } from "../../../contract/views/question.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { planModes } from "../../../domain/questions/question.ts";
import { visibleText } from "../../../domain/text/plain-text.ts";

const number = wholeNumber("--pick", { min: 1, max: 1000 });

export const command = defineCommand<AnswerFlags>({
  name: "answer",
  summary: "Answer a question of a task",
  details:
    "The first answer counts. `allow` allows one call. `--always` also stores the offered rule for the task's directory (`claude-worker rules`).\n\nTo a question of content every text is the answer; `--deny` refuses it.",
  arguments: [
    { name: "<question>", description: questionReference },
    { name: "[answer...]", description: '`allow`, `deny "why"`, or the text of an answer', isText: true },
  ],
  options: [
    {
      flags: "--pick <n>",
      description: "the offered answer with this number; several with commas between, where Claude takes several",
      parse: (text) => text.split(",").map((part) => number(part.trim())),
    },
    { flags: "--deny", description: "refuse, with the words as the reason" },
    { flags: "--always", description: "allow it from now on in the task's directory" },
    { flags: "--mode <mode>", description: "of a plan: the permission mode of the work", completes: planModes },
    { flags: "--answer <question=answer>", description: "one of several questions; several for several choices", repeat: true },
    { flags: "--content <json>", description: "the form of an MCP server" },
  ],
  fields: {
    decision: "<answer>",
    message: "<answer>",
    answers: "--answer",
    option: "<answer>",
    content: "--content",
    remember: "--always",
  },
  examples: [
    { command: "claude-worker answer 42 allow", does: "allow the call that task 42 waits for" },
    { command: 'claude-worker answer 42 deny "not on staging"', does: "refuse it, and say why" },
    { command: "claude-worker answer q7 --pick 2", does: "the second of the offered answers" },
    { command: 'claude-worker answer q7 "PostgreSQL"', does: "an answer in words" },
  ],
  async run({ words, options, io }) {
    const [name = "", ...rest] = words;
    // Asking for the question also starts the server.
    const { client, found: question } = await reading(io, async (server) => await questionOf(server, name));
    const given = givenAnswer(question, rest, options);
    if (makesRule(given) && canAsk(io)) await confirmRule(io, question);
    const answered = await client.answerQuestion({ id: question.id, ...given });
    if (options.json === true) writeJson(io.stdout, answered);
    else say(io.stdout, await answeredText(client, answered));
    return exitCodes.ok;
  },
});

function makesRule({ remember, option }: AnswerBody): boolean {
  return remember !== undefined || option?.toLowerCase() === "always";
}

/** Shows the rule before it is stored. @throws WorkerError when the person does not want it. */
async function confirmRule(io: Io, { id, task_id: task, rule }: QuestionView): Promise<void> {
  if (rule === null) return;
  say(io.stderr, `From now on the tasks in the directory of task ${task}, and below it, may: ${visibleText(rule)}`);
  await confirm(
    io,
    "Store it?",
    new WorkerError("invalid_input", `Nothing was stored. To allow this call only: claude-worker answer q${id} allow`),
  );
}
