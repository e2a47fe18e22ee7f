/**
 * The frame of pages for people: HTML that loads nothing and runs no script, its style within it.
 * A proxy needs to forward one address only.
 */
import { createHash } from "node:crypto";
import { escapeMarkup } from "../../domain/text/escape-markup.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { pageStyle } from "./page-style.ts";
import type { PageRoute } from "../request/route.ts";

const style = `'sha256-${createHash("sha256").update(pageStyle).digest("base64")}'`;

/** The address of a page is a secret, so no other site and no index may learn it. */
export const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src ${style}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow, noarchive",
} as const;

/** @param body HTML. */
export function htmlPage(title: string, body: string): string {
  return [
    `<!doctype html>`,
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="robots" content="noindex, nofollow"><meta name="color-scheme" content="light dark">`,
    `<title>${html(title)}</title><style>${pageStyle}</style></head>`,
    `<body><main>${body}</main></body></html>\n`,
  ].join("\n");
}

/** A page with one message. @param kind decides its colour. */
export function messagePage(title: string, sentences: string, kind: "done" | "problem"): string {
  return htmlPage(`${title} – Claude Worker`, `<h1 class="${kind}">${html(title)}</h1><p>${html(sentences)}</p>`);
}

/** What errors are called on a page; others have their usual name. */
const titles: Readonly<Record<string, string>> = {
  conflict: "This question is closed",
  gone: "This link has expired",
  not_found: "This link answers nothing",
};

export const problemPage: PageRoute = {
  problem: ({ code, title, detail }) => ({ text: messagePage(titles[code] ?? title, detail, "problem"), headers: pageHeaders }),
};

/** Text for HTML, also within an attribute. */
export function html(text: string): string {
  return escapeMarkup(plainText(text)).replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}
