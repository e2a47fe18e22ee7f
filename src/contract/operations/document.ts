/** The API's own document. */
import { z } from "zod";
import { operation } from "./operation.ts";

const tag = "Server";

export const documentOperations = {
  openapi: operation("openapi", {
    access: "read",
    tag,
    summary: "This document",
    answer: "OpenAPI 3.1.",
    output: z.record(z.string(), z.unknown()),
  }),
  docs: operation("docs", {
    access: "open",
    tag,
    summary: "This document for people",
    description: "A page without scripts. Of this server it shows only the version.",
    answer: "HTML.",
    output: null,
    mediaTypes: ["text/html"],
  }),
  docsStyle: operation("docsStyle", {
    access: "open",
    tag,
    summary: "The style sheet of /docs",
    answer: "CSS.",
    output: null,
    mediaTypes: ["text/css"],
  }),
};
