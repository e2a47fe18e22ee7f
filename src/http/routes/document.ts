/**
 * Routes of the API's document, for programs and for people. Both are written when they are first
 * asked for.
 */
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

/** The page runs no script and loads nothing: it is text and one style sheet of its own. */
const pagePolicy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** @param all every route of the server, these included. */
export function documentRoutes(api: WorkerApi, all: () => readonly Route[]): Route[] {
  const document = once(async () => {
    const { openApiDocument } = await import("../document/openapi.ts");
    return openApiDocument(all(), (await api.server()).version);
  });
  const page = once(async () => {
    const { documentPage } = await import("../document/document-page.ts");
    // One for all readers, however many of them read slowly.
    return Buffer.from(documentPage(await document()));
  });
  return [
    route(operations.openapi, async (): Promise<Answer> => {
      return { status: 200, json: await document() };
    }),
    route(operations.docs, async (): Promise<Answer> => {
      const headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": pagePolicy,
        "referrer-policy": "no-referrer",
      };
      return { status: 200, text: await page(), headers };
    }),
    route(operations.docsStyle, async (): Promise<Answer> => {
      const { documentStyle } = await import("../document/document-style.ts");
      return { status: 200, text: documentStyle, headers: { "content-type": "text/css; charset=utf-8" } };
    }),
  ];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
