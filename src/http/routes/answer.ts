/**
 * The routes of links that answer questions (docs/decisions/0018). To open one changes nothing:
 * programs that preview links open them, too. They are not in the API's document: they are for
 * people.
 */
import { z } from "zod";
import type { AnswerPage } from "../../contract/answer-page.ts";
import type { WorkerApi } from "../../contract/api.ts";
import type { Operation } from "../../contract/operations/operation.ts";
import { WorkerError } from "../../domain/errors.ts";
import { answerInFields } from "../pages/answer-fields.ts";
import { answerPage } from "../pages/answer-page.ts";
import { messagePage, pageHeaders, problemPage } from "../pages/page.ts";
import type { FailedLogins } from "../request/failed-logins.ts";
import { HttpError, statusOf } from "../request/problem.ts";
import { route } from "../request/route.ts";
import type { Answer, FormFields, Route } from "../request/route.ts";

const operation = {
  path: "/answer/{link}",
  access: "open",
  tag: "Pages",
  params: z.strictObject({ link: z.string() }),
  answer: "HTML.",
  output: null,
  mediaTypes: ["text/html"],
} as const;

const read = {
  ...operation,
  name: "openAnswerLink",
  method: "GET",
  repeatable: true,
  summary: "Show what a link answers",
} as const satisfies Operation;

const again = { schema: null, mediaTypes: ["text/html"] } as const;

const act = {
  ...operation,
  name: "answerByLink",
  method: "POST",
  repeatable: false,
  summary: "Give the answer of a link",
  maxBodyBytes: 256 * 1024,
  // The same page again, with what is wrong.
  otherAnswers: { 400: { ...again, description: "Not a form of the page." }, 422: { ...again, description: "The answer does not fit." } },
} as const satisfies Operation;

/** @param wrong counts links that this server did not make. */
export function answerRoutes(api: WorkerApi, wrong: FailedLogins): Route[] {
  const opened = async (link: string, address: string): Promise<AnswerPage> => {
    const page = await api.openAnswerLink(link);
    if (page === "expired") throw new HttpError("gone", "It is too old to answer with. Answer at the terminal: claude-worker inbox");
    if (page !== null) return page;
    wrong.add(address, Date.now());
    throw new WorkerError(
      "not_found",
      "It is not whole, or its task was removed. Copy all of it, or look at the terminal: claude-worker inbox",
    );
  };
  const handlers = [
    route(read, async ({ params, request }): Promise<Answer> => {
      const page = await opened(params.link, request.socket.remoteAddress ?? "");
      return { status: 200, text: answerPage(page), headers: pageHeaders };
    }),
    route(act, async ({ params, body, request }): Promise<Answer> => {
      const page = await opened(params.link, request.socket.remoteAddress ?? "");
      const fields = body as FormFields;
      try {
        const said = await api.answerByLink(params.link, answerInFields(page, fields));
        return { status: 200, text: messagePage("Answered", said, "done"), headers: pageHeaders };
      } catch (error) {
        if (!(error instanceof WorkerError) || (error.code !== "unprocessable" && error.code !== "invalid_input")) throw error;
        return { status: statusOf(error.code), text: answerPage(page, { problem: error.message, fields }), headers: pageHeaders };
      }
    }),
  ];
  return handlers.map((each) => ({ ...each, page: problemPage }));
}
