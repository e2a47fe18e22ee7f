/** The page of a link that answers a question: what is asked, and the forms that answer it. */
import type { AnswerPage } from "../../contract/answer-page.ts";
import { claudeQuestions } from "../../domain/questions/claude-questions.ts";
import type { ClaudeQuestion } from "../../domain/questions/claude-questions.ts";
import type { ShownPart } from "../../domain/questions/shown-input.ts";
import { isObject, stringOf } from "../../domain/text/read-json.ts";
import { utcMinute } from "../../domain/text/utc-minute.ts";
import { visibleText } from "../../domain/text/plain-text.ts";
import { answerForms } from "./answer-forms.ts";
import type { FormFields } from "../request/route.ts";
import { html, htmlPage } from "./page.ts";

/** @param again what was sent, and why it does not fit. */
export function answerPage(page: AnswerPage, again?: { readonly problem: string; readonly fields: FormFields }): string {
  const { question, task, channel, expiresAt } = page;
  const title = titleOf(page);
  return htmlPage(
    `Task ${task.id} asks – Claude Worker`,
    [
      `<p class="dim">Claude Worker, question q${question.id}</p><h1>${html(title)}</h1>`,
      again === undefined ? "" : `<p class="problem" role="alert">${html(again.problem)}</p>`,
      factsOf(page),
      inputOf(page),
      answerForms(page, again?.fields),
      `<p class="dim">This link answers once, until ${html(utcMinute(expiresAt))}. It was sent to the channel ${html(channel)}; do not pass it on.</p>`,
    ].join("\n"),
  );
}

function titleOf({ question: { kind, tool, input }, task }: AnswerPage): string {
  switch (kind) {
    case "permission":
      return `May task ${task.id} use ${visibleText(tool)}?`;
    case "network":
      return `May a command of task ${task.id} reach a host?`;
    case "question":
      return `Claude asks, in task ${task.id}`;
    case "consent":
      return "May tasks be paid for as overage?";
    case "plan":
      return `Approve the plan of task ${task.id}?`;
    case "elicitation":
      return `${visibleText(stringOf(input["serverName"]) ?? "An MCP server")} asks, in task ${task.id}`;
  }
}

function factsOf({ question, task }: AnswerPage): string {
  const facts: [string, string][] = [
    ["Task", `${task.id}: ${task.title}`],
    ["Directory", visibleText(task.directory)],
    ["Asked", `${utcMinute(question.asked_at)}${question.agent_id === null ? "" : ", by a sub-agent"}`],
    ...(question.deadline === null ? [] : [["Waits until", waitText(question.deadline, question.at_deadline)] satisfies [string, string]]),
  ];
  return `<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${html(value)}</dd>`).join("")}</dl>`;
}

/** Claude's questions stand in their form, where there is one; all else is shown as it is. */
function inputOf({ question: { kind, input }, input: shown, isOneOption }: AnswerPage): string {
  if (kind === "question" && shown.missing === null) return isOneOption ? claudeQuestions(input).map(askedOf).join("") : "";
  if (kind === "plan" && shown.parts.length === 0) return "<p>Claude wrote no plan.</p>";
  const parts = shown.parts.filter(({ name }) => !(kind === "elicitation" && isKnownOfForm(name, input)));
  const address = kind === "elicitation" ? addressOf(input["url"]) : "";
  return [...parts.map(partOf), address, shown.missing === null ? "" : `<p class="problem">${missingOf(kind, shown.missing)}</p>`].join(
    "\n",
  );
}

function missingOf(kind: AnswerPage["question"]["kind"], missing: "rest" | "secret"): string {
  const what = `it cannot be ${kind === "question" ? "answered" : "allowed"} here`;
  return missing === "rest"
    ? `The rest is too long for this page, so ${what}. See it at the terminal: claude-worker inbox`
    : `A secret was taken out of this, so ${what}. Answer at the terminal: claude-worker inbox`;
}

/** One of Claude's questions with all that it offers. */
function askedOf({ question, options }: ClaudeQuestion): string {
  const offered = options.map(({ label, description }) => {
    const about = description === null || description === "" ? "" : `<br><span class="dim">${html(description)}</span>`;
    return `<li>${html(label)}${about}</li>`;
  });
  return `<p>${html(question)}</p><ul>${offered.join("")}</ul>`;
}

function partOf({ name, text }: ShownPart): string {
  return `<h2>${html(name)}</h2><pre dir="ltr">\n${html(text)}</pre>`;
}

/** The title and the fields of the form say these. */
function isKnownOfForm(name: string, input: AnswerPage["question"]["input"]): boolean {
  return name === "serverName" || name === "mode" || (name === "requestedSchema" && isObject(input[name]));
}

/** A link only where it leads to a web page; the text above shows where. */
function addressOf(url: unknown): string {
  const text = stringOf(url) ?? "";
  const isWeb = URL.canParse(text) && ["https:", "http:"].includes(new URL(text).protocol);
  return isWeb
    ? `<p><a href="${html(new URL(text).href)}" rel="noopener noreferrer nofollow" target="_blank">Open this address</a></p>`
    : "";
}

/** The deadline, and what happens then. */
function waitText(deadline: string, then: string | null): string {
  return `${utcMinute(deadline)}${then === null ? "" : `; then ${then}`}`;
}
