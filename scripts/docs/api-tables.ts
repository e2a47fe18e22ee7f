/**
 * The tables of docs/api.md: every operation of the REST API, from the contract, and every problem.
 */
import { operations } from "../../src/contract/operations/index.ts";
import { problemTable } from "../../src/http/request/problem.ts";

/** By tag, in the order of the contract. */
export function apiOperations(): string {
  const all = Object.values(operations);
  const tags = [...new Set(all.map(({ tag }) => tag))].toSorted();
  return tags
    .map((tag) => {
      const own = all.filter((operation) => operation.tag === tag);
      const rows = own.map(({ method, path, name, access, summary }) => `| \`${method} ${path}\` | \`${name}\` | ${access} | ${summary} |`);
      return [`### ${tag}`, "", "| operation | name | scope | |", "|---|---|---|---|", ...rows].join("\n");
    })
    .join("\n\n");
}

export function apiProblems(): string {
  const rows = problemTable()
    .toSorted((a, b) => a.status - b.status)
    .map(({ code, status, title }) => `| ${status} | \`${code}\` | ${title} |`);
  return ["| status | code | |", "|---|---|---|", ...rows].join("\n");
}
