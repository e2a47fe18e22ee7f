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

interface Flags extends AnswerFlags {
  readonly yes?: boolean;
}

export const command = defineCommand<Flags>({
  name: "answer",
  summary: "Answer a question of a task",
  details:
    "The first answer counts. `allow` allows one call. `--always` also stores the offered rule for the task's directory (`claude-worker rules`). The rule is shown before that: on a terminal you are asked, elsewhere `--yes` stores it.\n\nTo a question of content every text is the answer; `--deny` refuses it.",
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
    { flags: "-y, --yes", description: "store the rule of --always without being asked" },
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
    if (makesRule(given)) await showRule(question, io, options.yes === true);
    const answered = await client.answerQuestion({ id: question.id, ...given });
    if (options.json === true) writeJson(io.stdout, answered);
    else say(io.stdout, await answeredText(client, answered));
    return exitCodes.ok;
  },
});

function makesRule({ decision, remember, option }: AnswerBody): boolean {
  return decision !== "deny" && (remember !== undefined || option?.toLowerCase() === "always");
}

/**
 * Shows the rule before it is stored. @param isAgreed whether the person has agreed already.
 * @throws WorkerError when the person does not want it, or cannot be asked.
 */
async function showRule({ id, task_id: task, rule }: QuestionView, io: Io, isAgreed: boolean): Promise<void> {
  if (rule === null) return;
  const text = `From now on the tasks in the directory of task ${task}, and below it, may: ${visibleText(rule)}`;
  const answer = `claude-worker answer q${id} allow`;
  if (!isAgreed && !canAsk(io))
    throw new WorkerError("invalid_input", `${text}\nNothing was stored. To store this rule: ${answer} --always --yes`);
  say(io.stderr, text);
  if (isAgreed) return;
  await confirm(io, "Store it?", new WorkerError("invalid_input", `Nothing was stored. To allow this call only: ${answer}`));
}
