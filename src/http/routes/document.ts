/** Routes of the API's document, for programs and for people. Both are written when they are first asked for. */
import { z } from "zod";
import type { WorkerApi } from "../../contract/api.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

/** The page runs no script and loads nothing: it is text and one style sheet of its own. */
const pagePolicy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** @param all every route of the server, these included. */
export function documentRoutes(api: WorkerApi, all: () => readonly Route[]): Route[] {
  const tag = "Server";
  const document = once(async () => {
    const { openApiDocument } = await import("../openapi.ts");
    return openApiDocument(all(), api.server().version);
  });
  const page = once(async () => {
    const { documentPage } = await import("../document-page.ts");
    // One for all readers, however many of them read slowly.
    return Buffer.from(documentPage(await document()));
  });
  return [
    route({
      method: "GET",
      path: "/openapi.json",
      access: "read",
      name: "openapi",
      tag,
      summary: "This document",
      answers: { 200: { description: "OpenAPI 3.1.", schema: z.record(z.string(), z.unknown()) } },
      async handle(): Promise<Answer> {
        return { status: 200, json: await document() };
      },
    }),
    route({
      method: "GET",
      path: "/docs",
      access: "open",
      name: "docs",
      tag,
      summary: "This document for people",
      description: "A page without scripts. It holds nothing of this server but its version.",
      answers: { 200: { description: "HTML.", schema: null, mediaTypes: ["text/html"] } },
      async handle(): Promise<Answer> {
        const headers = {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": pagePolicy,
          "referrer-policy": "no-referrer",
        };
        return { status: 200, text: await page(), headers };
      },
    }),
    route({
      method: "GET",
      path: "/docs/style.css",
      access: "open",
      name: "docsStyle",
      tag,
      summary: "The style sheet of /docs",
      answers: { 200: { description: "CSS.", schema: null, mediaTypes: ["text/css"] } },
      async handle(): Promise<Answer> {
        const { documentStyle } = await import("../document-style.ts");
        return { status: 200, text: documentStyle, headers: { "content-type": "text/css; charset=utf-8" } };
      },
    }),
  ];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
