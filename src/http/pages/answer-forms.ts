/** The forms of an answer's page: one for each way to answer that the link gives. */
import type { AnswerPage } from "../../contract/answer-page.ts";
import { fieldTakes } from "../../domain/questions/check-field.ts";
import { claudeQuestions } from "../../domain/questions/claude-questions.ts";
import { serverFields } from "../../domain/questions/server-form.ts";
import type { ServerField } from "../../domain/questions/server-form.ts";
import type { JsonObject } from "../../domain/text/read-json.ts";
import type { FormFields } from "../request/route.ts";
import { html } from "./page.ts";

const empty: FormFields = new Map();

/** @param fields what was typed before. */
export function answerForms(page: AnswerPage, fields: FormFields = empty): string {
  const { question, labels, isOneOption } = page;
  const [only] = labels;
  if (isOneOption) {
    return only === undefined ? "" : form(page, [`<p>${html(effectOf(page, only))}</p>`, button(buttonText(page, only), only === "deny")]);
  }
  const isAnswerable = question.kind === "question" && page.input.missing === null;
  const giving = isAnswerable
    ? [questionsForm(page, fields)]
    : labels.flatMap((label, place) => (label === "deny" ? [] : [optionForm(label, place)]));
  const noForm = labels.includes("deny") || question.kind === "question" ? [denyForm(page, fields)] : [];
  return [...giving, ...noForm].join("\n");

  function optionForm(label: string, place: number): string {
    const contents = question.kind === "elicitation" ? formFields(question.input, fields) : [];
    return form(page, [
      `<p>${html(effectOf(page, label))}</p>`,
      ...contents,
      `<input type="hidden" name="option" value="${place}">`,
      button(buttonText(page, label)),
    ]);
  }
}

/** What the answer does, in one or two sentences. */
function effectOf({ question: { kind, input } }: AnswerPage, label: string): string {
  if (kind === "question") return `Your answer is “${label}”. The task continues with it.`;
  if (label === "deny") {
    return kind === "consent"
      ? "Nothing is paid for. Tasks wait for the reset of the limits."
      : "Claude reads that you deny it. The task continues without it.";
  }
  switch (kind) {
    case "permission":
      return "This one call runs, with exactly the input above. Nothing else is allowed.";
    case "network":
      return "The command may reach this host. Nothing else is allowed.";
    case "consent":
      return "Tasks of the account continue now, and what they use beyond its limits is paid for.";
    case "plan":
      return label === "acceptEdits"
        ? "Claude works on the plan, and edits files without a question (mode acceptEdits)."
        : `Claude works on the plan in the mode ${label}.`;
    case "elicitation":
      return input["mode"] === "url" ? "The server hears that you agree to open the address." : "The server gets what you enter here.";
  }
}

function buttonText({ question: { kind } }: AnswerPage, label: string): string {
  if (kind === "question") return `Answer: ${label}`;
  if (label === "deny") return kind === "plan" ? "Send it back" : "Deny";
  if (kind === "plan") return `Approve (${label})`;
  if (kind === "consent") return "Allow paid usage";
  return kind === "elicitation" ? "Accept" : "Allow this call";
}

/** Each of Claude's questions with its choices, and room for an answer in words. */
function questionsForm(page: AnswerPage, fields: FormFields): string {
  const asked = claudeQuestions(page.question.input).map(({ question, multiSelect, options }, index) => {
    const name = `choice${index}`;
    const choices = options.map(({ label, description }, place) => {
      const about = description === null || description === "" ? "" : `<br><span class="dim">${html(description)}</span>`;
      return choice(multiSelect ? "checkbox" : "radio", name, place, `${html(label)}${about}`, fields.get(name) ?? []);
    });
    const words = area(`words${index}`, choices.length === 0 ? "Your answer" : "Or in your words", fields);
    return `<fieldset><legend>${html(question)}</legend>${choices.join("")}${words}</fieldset>`;
  });
  return form(page, [...asked, `<input type="hidden" name="decision" value="allow">`, button("Send this answer")]);
}

function denyForm(page: AnswerPage, fields: FormFields): string {
  const { kind } = page.question;
  const about = kind === "plan" ? "What should change?" : "Why not? Claude reads it. May stay empty.";
  const words = kind === "elicitation" || kind === "consent" ? [] : [area("message", about, fields)];
  const text = kind === "question" ? "Refuse to answer" : buttonText(page, "deny");
  return form(page, [...words, `<input type="hidden" name="decision" value="deny">`, button(text, true)]);
}

/** The fields of an MCP server's form. */
function formFields(input: JsonObject, fields: FormFields): string[] {
  return serverFields(input).map((field, index) => {
    const name = `field${index}`;
    const label = `${field.title}${field.isRequired || field.type === "boolean" ? "" : " (may stay empty)"}`;
    const hint = hintsOf(field)
      .map((each) => `<br><span class="dim">${html(each)}</span>`)
      .join("");
    const typed = fields.size > 0 ? (fields.get(name) ?? []) : field.preset;
    const head = `<label for="${name}">${html(label)}${hint}</label>`;
    switch (field.type) {
      case "boolean":
        return `<label class="choice"><input type="checkbox" name="${name}" value="true"${typed.includes("true") ? " checked" : ""}><span>${html(label)}${hint}</span></label>`;
      case "choices":
        return `<fieldset><legend>${html(label)}</legend>${hint}${field.choices.map((each, place) => choice("checkbox", name, place, html(each.label), typed)).join("")}</fieldset>`;
      case "choice": {
        const options = field.choices.map(
          (each, place) => `<option value="${place}"${typed.includes(String(place)) ? " selected" : ""}>${html(each.label)}</option>`,
        );
        return `${head}<select id="${name}" name="${name}"><option value=""></option>${options.join("")}</select>`;
      }
      case "number":
      case "string":
        return `${head}<input type="text" id="${name}" name="${name}" value="${html(typed[0] ?? "")}" autocomplete="off"${field.type === "number" ? ' inputmode="decimal"' : ""}>`;
    }
  });
}

/** What the server says about the field, and what it takes where its place does not show that. */
function hintsOf(field: ServerField): readonly string[] {
  const hasBounds = field.least !== null || field.most !== null || field.format !== null || field.isWhole;
  return [...(field.description === null ? [] : [field.description]), ...(hasBounds ? [`Takes ${fieldTakes(field)}.`] : [])];
}

function choice(type: "radio" | "checkbox", name: string, place: number, content: string, chosen: readonly string[]): string {
  const mark = chosen.includes(String(place)) ? " checked" : "";
  return `<label class="choice"><input type="${type}" name="${name}" value="${place}"${mark}><span>${content}</span></label>`;
}

function area(name: string, label: string, fields: FormFields): string {
  const typed = html(fields.get(name)?.[0] ?? "");
  return `<label for="${name}">${html(label)}</label><textarea id="${name}" name="${name}" rows="3" maxlength="10000">${typed}</textarea>`;
}

/** Sent to the address of the page itself, whatever stands before it. */
function form({ confirmation }: AnswerPage, contents: readonly string[]): string {
  return `<form method="post"><input type="hidden" name="confirmation" value="${html(confirmation)}">${contents.join("\n")}</form>`;
}

function button(text: string, isNo = false): string {
  return `<button${isNo ? ' class="no"' : ""}>${html(text)}</button>`;
}
