/**
 * The routes of the page: one document for all its addresses, and its files. They are not in the
 * API's document: they are for people.
 */
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { Operation } from "../../contract/operations/operation.ts";
import { pageAddresses } from "../../contract/page-addresses.ts";
import { WorkerError } from "../../domain/errors.ts";
import { isKnown } from "../request/etag.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";
import type { SessionCookie } from "../request/session-cookie.ts";
import { WebFiles } from "../web/web-files.ts";
import type { WebFile } from "../web/web-files.ts";
import { assetHeaders, documentHeaders } from "../web/web-policy.ts";

const any = { params: z.record(z.string(), z.string()), query: z.record(z.string(), z.unknown()) };

const row = {
  ...any,
  method: "GET",
  repeatable: true,
  access: "open",
  tag: "Page",
  summary: "The page",
  answer: "A file of the page.",
  output: null,
  otherAnswers: {
    302: { description: "To the login page.", schema: null },
    304: { description: "It has not changed.", schema: null },
    404: { description: "There is no page at this address.", schema: null },
  },
} as const satisfies Omit<Operation, "name" | "path">;

export interface WebRoutes {
  readonly routes: readonly Route[];
  /** Answers an address that is not known, where a person opened it. */
  readonly unknown: Route;
}

/** @param directory of the built page. */
export function webRoutes(directory: string, cookie: SessionCookie): WebRoutes {
  const files = new WebFiles(directory);
  const documentAt = (path: string): Route => ({
    ...route({ ...row, name: "page", path }, async ({ request }): Promise<Answer> => await openDocument(files, cookie, request)),
    isDocument: true,
  });
  const fileAt = (path: string, nameOf: (params: Record<string, string>) => string, headers: Readonly<Record<string, string>>): Route =>
    route({ ...row, name: "pageFile", path }, async ({ params, request }): Promise<Answer> => {
      const found = await files.read(nameOf(params), request.headers["accept-encoding"]);
      if (found === null) throw new WorkerError("not_found", "The page has no such file. Load the page again.");
      return answerWith(found, request, 200, headers);
    });
  return {
    routes: [
      ...pageAddresses.map(documentAt),
      fileAt("/assets/{file}", ({ file = "" }) => `assets/${file}`, assetHeaders),
      fileAt("/theme.js", () => "theme.js", { ...assetHeaders, "cache-control": "no-cache" }),
    ],
    unknown: {
      ...route({ ...row, name: "page", path: "" }, async ({ request }): Promise<Answer> => await documentOf(files, request, 404)),
      isDocument: true,
    },
  };
}

/** Without a session every address but the login page leads there, and back afterwards. */
async function openDocument(files: WebFiles, cookie: SessionCookie, request: IncomingMessage): Promise<Answer> {
  const target = request.url ?? "/";
  if (isLogin(target)) return await documentOf(files, request, 200);
  const session = await cookie.sessionOf(request);
  if (session === null) return { status: 302, headers: { ...documentHeaders, location: loginFor(target) } };
  const answer = await documentOf(files, request, 200);
  if (!session.isRenewed || answer === "streamed") return answer;
  return { ...answer, headers: { ...answer.headers, "set-cookie": cookie.set(request, session.secret) } };
}

function isLogin(target: string): boolean {
  return /^\/login(?:\?|$)/.test(target);
}

function loginFor(target: string): string {
  return target === "/" ? "/login" : `/login?to=${encodeURIComponent(target)}`;
}

async function documentOf(files: WebFiles, request: IncomingMessage, status: number): Promise<Answer> {
  const found = await files.read("index.html", request.headers["accept-encoding"]);
  if (found === null) throw new WorkerError("unavailable", "The page's files are not there. Install Claude Worker again.");
  return answerWith(found, request, status, documentHeaders);
}

function answerWith(
  { bytes, etag, headers }: WebFile,
  request: IncomingMessage,
  status: number,
  more: Readonly<Record<string, string>>,
): Answer {
  const all = { ...headers, ...more };
  if (status === 200 && isKnown(request.headers["if-none-match"], etag)) return { status: 304, headers: all };
  return { status, text: bytes, headers: all };
}
