/**
 * Writes a question out whole, for a person who decides it: nothing of the input is left out, and
 * what a screen would hide is shown as `\uXXXX`.
 */
import { visibleText } from "../text/plain-text.ts";
import { objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { consentText } from "./consent.ts";
import { claudeQuestions } from "./claude-questions.ts";
import type { AskedQuestion } from "./question.ts";

/** Fields of Bash that change nothing of what the command does. */
const besideCommand: ReadonlySet<string> = new Set(["command", "description", "timeout"]);

/** The input of a call: a command or a plan as it is, anything else as JSON. */
export function wholeInput({ kind, input }: Pick<AskedQuestion, "kind" | "input">): string {
  const { plan, command } = input;
  if (kind === "plan" && typeof plan === "string") return plan;
  if (kind === "permission" && typeof command === "string" && Object.keys(input).every((key) => besideCommand.has(key))) return command;
  return JSON.stringify(input, null, 2);
}

/** The question with all that an answer to it is about. */
export function wholeQuestion(question: Pick<AskedQuestion, "kind" | "tool" | "input">): string {
  return visibleText(rawQuestion(question));
}

/** The same with the characters as they are: only to look for secrets in. */
export function rawQuestion(question: Pick<AskedQuestion, "kind" | "tool" | "input">): string {
  return partsOf(question).join("\n");
}

function partsOf({ kind, tool, input }: Pick<AskedQuestion, "kind" | "tool" | "input">): readonly string[] {
  switch (kind) {
    case "permission":
      return [`May it use ${tool}?`, wholeInput({ kind, input })];
    case "network":
      return [`May a command reach ${stringOf(input["host"]) ?? "a host"}?`];
    case "question":
      return claudeQuestions(input).flatMap(({ question, multiSelect, options }) => [
        `${question}${multiSelect ? " (one or several)" : ""}`,
        ...options.map(({ label, description }) => `- ${label}${description === null ? "" : `: ${description}`}`),
      ]);
    case "plan":
      return stringOf(input["plan"]) === null
        ? ["Approve the plan? Claude wrote none."]
        : ["Approve the plan?", wholeInput({ kind, input })];
    case "consent":
      return [consentText(input)];
    case "elicitation":
      return formParts(input);
  }
}

function formParts(input: JsonObject): readonly string[] {
  const asks = `${stringOf(input["serverName"]) ?? "An MCP server"} asks: ${stringOf(input["message"]) ?? ""}`;
  if (input["mode"] === "url") return [asks, `Open this address: ${stringOf(input["url"]) ?? ""}`];
  const fields = Object.entries(objectOf(objectOf(input["requestedSchema"])["properties"]));
  return [asks, ...fields.map(([name, field]) => `- ${name}: ${JSON.stringify(field)}`)];
}
