/** Questions for people: one whole, and lists of them. All of it may be the agent's text. */
import type { QuestionView } from "../../../contract/views/question.ts";
import { answerText } from "../../../domain/questions/answer-text.ts";
import { claudeQuestions } from "../../../domain/questions/claude-questions.ts";
import { asksToOpen } from "../../../domain/questions/question.ts";
import { wholeInput } from "../../../domain/questions/whole-question.ts";
import { callerText } from "../../../domain/text/caller-text.ts";
import { plainLine, plainText, visibleText } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import type { Painter } from "./colour.ts";
import { table } from "./table.ts";
import { localTime, relativeTime } from "./time.ts";
import { prose } from "./wrap.ts";

/** The whole question, its options, and how to answer it. */
export function questionPage(question: QuestionView, { output, now }: { output: Output; now: number }): string {
  const paint = painter(output);
  const { id, task_id: task, kind, status, options, asked_at: asked, deadline, at_deadline: late, agent_id: agent } = question;
  const lines = (text: string): string[] => prose(output, plainText(text).trim(), { first: "  ", rest: "  " }).split("\n");
  const facts = [
    `asked ${relativeTime(asked, now)} by task ${task}${agent === null ? "" : " (a sub-agent)"}`,
    ...(deadline === null || status !== "open"
      ? []
      : [`waits until ${localTime(deadline)} (${relativeTime(deadline, now)})${late === null ? "" : `; then ${late}`}`]),
    ...endedLine(question),
  ];
  return [
    prose(output, `${paint.bold(`q${id}`)}  ${kind} · ${status}`, { rest: "  " }),
    ...lines(question.text),
    ...facts.map((fact) => prose(output, paint.dim(plainLine(fact, 500)), { first: "  ", rest: "  " })),
    // All of it is seen: what is left out here could be a part of a command.
    ...section(
      kind === "question" ? "Questions" : "Input",
      inputLines(question, (text) => lines(visibleText(text))),
      paint,
    ),
    ...section(
      isSeveral(question) ? "Options (one or several)" : "Options",
      options.flatMap(({ label, description }, index) =>
        prose(output, `${plainLine(label, 500)}${description === null ? "" : `: ${plainLine(description, 500)}`}`, {
          first: `  ${index + 1}  `,
          rest: "     ",
        }).split("\n"),
      ),
      paint,
    ),
    ...(status === "open"
      ? section(
          "Answer",
          answersFor(question).map((command) => `  ${command}`),
          paint,
        )
      : []),
    "",
  ].join("\n");
}

/** Whether the only question that it asks takes several of its options. */
function isSeveral({ kind, input }: QuestionView): boolean {
  return kind === "question" && claudeQuestions(input)[0]?.multiSelect === true;
}

/** How it ended: who answered what, or that no person did. */
function endedLine(question: QuestionView): string[] {
  const { status, answered_by: by, asked_at: asked, deadline, answer } = question;
  if (by === null || status === "open") return [];
  if (by !== "default") return [`answered by ${callerText(by)}: ${answerText(answer)}`];
  const why = deadline === asked ? "answered at once, as the task's --on-question says" : "no answer came in time";
  return [`${why}: ${answer === null ? "the task fails" : answerText(answer)}`];
}

/** The commands that answer it. */
export function answersFor({ id, kind, input, rule, options }: QuestionView): string[] {
  const answer = `claude-worker answer q${id}`;
  switch (kind) {
    case "consent":
      return [`${answer} allow`, `${answer} deny`];
    case "permission":
    case "network":
      return [`${answer} allow`, `${answer} deny "why"`, ...(rule === null ? [] : [`${answer} allow --always`])];
    case "plan":
      return [`${answer} allow --mode acceptEdits`, `${answer} deny "what to change"`];
    case "question":
      return options.length > 0
        ? [
            `${answer} --pick ${claudeQuestions(input)[0]?.multiSelect === true ? "1,2" : "1"}`,
            `${answer} "another answer"`,
            `${answer} --deny`,
          ]
        : [severalAnswers(answer, input), `${answer} "an answer in words"`, `${answer} --deny`];
    case "elicitation":
      if (asksToOpen({ kind, input })) return [`${answer} allow`, `${answer} deny`];
      return [`${answer} --content '{"field": "value"}'`, `${answer} deny`];
  }
}

/**
 * An answer to each of several questions, to be copied and changed. Texts with characters that a
 * shell could read stay out of a command.
 */
function severalAnswers(answer: string, input: QuestionView["input"]): string {
  const pairs = claudeQuestions(input).map(({ question, options: [first] }) => `${question}=${first?.label ?? "answer"}`);
  const canCopy = pairs.length > 0 && pairs.every((pair) => /^[\p{L}\p{N} .,:;?()/_+=-]{1,200}$/u.test(pair));
  return `${answer} ${canCopy ? pairs.map((pair) => `--answer "${pair}"`).join(" ") : '--answer "question=answer" …'}`;
}

/** One row a question: what waits, and since when. The state only where one does not wait. */
export function questionTable(questions: readonly QuestionView[], { output, now }: { output: Output; now: number }): string {
  const paint = painter(output);
  const hasState = questions.some(({ status }) => status !== "open");
  const rows = questions.map(({ id, task_id: task, kind, status, asked_at: asked, text, answer }) => [
    { text: `q${id}` },
    { text: String(task) },
    { text: kind },
    ...(hasState ? [{ text: status }] : []),
    { text: relativeTime(asked, now) },
    { text: plainLine(text, 300), tail: answer === null ? "" : `(${answerText(answer)})` },
  ]);
  const header = ["ID", "TASK", "KIND", ...(hasState ? ["STATE"] : []), "ASKED", "QUESTION"];
  return table(rows, { header, paintHeader: paint.dim, width: output.columns });
}

/** What the question line and the options do not say already. */
function inputLines(question: QuestionView, lines: (text: string) => string[]): string[] {
  const { kind, input, options } = question;
  if (Object.keys(input).length === 0) return kind === "plan" ? lines("Claude wrote no plan.") : [];
  if (kind !== "question") return lines(wholeInput(question));
  if (options.length > 0) return [];
  return claudeQuestions(input).flatMap(({ question: text, multiSelect, options: choices }) => [
    ...lines(`${text}${multiSelect ? " (one or several)" : ""}`),
    ...choices.flatMap(({ label, description }) => lines(`- ${label}${description === null ? "" : `: ${description}`}`)),
  ]);
}

function section(title: string, lines: readonly string[], paint: Painter): string[] {
  return lines.length === 0 ? [] : ["", paint.bold(title), ...lines];
}
