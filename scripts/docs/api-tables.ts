/** The tables of docs/api.md: every operation and every problem of the REST API, from the routes themselves. */
import type { WorkerApi } from "../../src/contract/api.ts";
import { createHttp } from "../../src/http/server.ts";
import { problemTable } from "../../src/http/problem.ts";

/** By tag, in the order of the routes. */
export function apiOperations(): string {
  // The rows are read, never called: nothing asks this API anything.
  const { routes } = createHttp({ api: {} as WorkerApi, token: "", log: { error: () => {} } });
  const tags = [...new Set(routes.map(({ tag }) => tag))].toSorted();
  return tags
    .map((tag) => {
      const own = routes.filter((route) => route.tag === tag);
      const rows = own.map(({ method, path, access, summary }) => `| \`${method} ${path}\` | ${access} | ${summary} |`);
      return [`### ${tag}`, "", "| operation | scope | |", "|---|---|---|", ...rows].join("\n");
    })
    .join("\n\n");
}

export function apiProblems(): string {
  const rows = problemTable()
    .toSorted((a, b) => a.status - b.status)
    .map(({ code, status, title }) => `| ${status} | \`${code}\` | ${title} |`);
  return ["| status | code | |", "|---|---|---|", ...rows].join("\n");
}
