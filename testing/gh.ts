/**
 * Stands for GitHub's program `gh`: an executable that answers as `gh` does, from a file that the
 * test changes. Shapes and sentences are those of gh 2.60 (`api/export_pr.go` of cli/cli) and of
 * GitHub's REST API.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

const program = String.raw`#!/usr/bin/env node
const fs = require("node:fs");
const path = require("node:path");
const here = __dirname;
const state = JSON.parse(fs.readFileSync(path.join(here, "github.json"), "utf8"));
const args = process.argv.slice(2);
fs.appendFileSync(path.join(here, "calls"), JSON.stringify({ args, cwd: process.cwd(), dir: process.env.GIT_DIR ?? null }) + "\n");
const words = args.filter((word) => !word.startsWith("-"));
const end = (code, out, err) => {
  fs.writeSync(1, out);
  fs.writeSync(2, err);
  process.exit(code);
};
const what = words.slice(0, 2).join(" ");
for (const { match, file } of state.touch) if (args.join(" ").includes(match)) fs.writeFileSync(file, "");
for (const { match, code = 1, stderr = "", hang = false } of state.fail) {
  if (!args.join(" ").includes(match)) continue;
  if (hang) {
    setInterval(() => {}, 1000);
    return;
  }
  end(code, "", stderr);
}
const json = (value) => end(0, JSON.stringify(value), "");
if (what === "pr list") {
  const own = { isCrossRepository: false, headRepositoryOwner: { login: "octo" } };
  json([...state.foreign, ...(state.pull === null ? [] : [{ number: state.pull.number, url: state.pull.url, ...own }])]);
}
if (what === "pr create" || what === "pr edit") end(0, state.pull.url + "\n", "");
if (what === "pr view") {
  if (state.pull === null) end(1, "", "GraphQL: Could not resolve to a PullRequest with the number of 7. (repository.pullRequest)\n");
  json({ headRefOid: state.pull.commit, state: state.pull.state, statusCheckRollup: state.checks.length === 0 ? null : state.checks });
}
if (what === "run view") {
  const job = (args.find((word) => word.startsWith("--job=")) ?? "").slice(6);
  const log = state.logs[job];
  if (log === undefined) end(1, "", "failed to get run log: log not found\n");
  end(0, log, "");
}
if (words[0] === "api") {
  const [route, query = ""] = words[1].split("?");
  const page = Number(new URLSearchParams(query).get("page") ?? "1");
  const size = Number(new URLSearchParams(query).get("per_page") ?? "30");
  const paged = (items) => json(items.slice((page - 1) * size, page * size));
  const rest = route.replace(/^repos\/[^/]+\/[^/]+\//, "");
  if (/^issues\/\d+\/comments$/.test(rest)) paged(state.conversation);
  if (/^pulls\/\d+\/comments$/.test(rest)) paged(state.lines);
  if (/^pulls\/\d+\/reviews$/.test(rest)) paged(state.reviews);
  const person = /^collaborators\/([^/]+)\/permission$/.exec(rest);
  if (person !== null) {
    const login = decodeURIComponent(person[1]);
    const right = state.rights[login];
    if (right === undefined) end(1, JSON.stringify({ message: "Not Found", status: "404" }), "gh: Not Found (HTTP 404)\n");
    const permission = right === "maintain" ? "write" : right === "triage" ? "read" : right;
    json({ permission, role_name: right, user: { login, type: "User" } });
  }
}
end(1, "", "unknown command " + JSON.stringify(words[0]) + ' for "gh"\n');
`;

export interface GitHub {
  pull: { number: number; url: string; commit: string; state: "OPEN" | "MERGED" | "CLOSED" } | null;
  /** Others whose branch has the same name, newest first, as `gh pr list` has them. */
  foreign: object[];
  checks: object[];
  conversation: object[];
  lines: object[];
  reviews: object[];
  /** The role of each account in the repository; absent: GitHub answers 404. */
  rights: Record<string, string>;
  /** By the number of the job. */
  logs: Record<string, string>;
  /** Calls whose words contain `match` make this file first. */
  touch: { match: string; file: string }[];
  /** Calls whose words contain `match` fail, or never end. */
  fail: { match: string; code?: number; stderr?: string; hang?: boolean }[];
}

export interface StandInGh {
  /** To put before PATH. */
  readonly bin: string;
  /** Changes what GitHub says from now on. */
  change(change: Partial<GitHub>): void;
  readonly github: GitHub;
  /** The words of each call so far. */
  calls(): string[];
}

export const pullUrl = "https://github.com/octo/hello/pull/7";
export const headCommit = "1f9a3a1c9e0b5d7c2f4e6a8b0d1c3e5f7a9b2d4c";

/** @param directory where the program is put. */
export function standInGh(directory: string): StandInGh {
  const bin = path.join(directory, "gh-bin");
  mkdirSync(bin, { recursive: true });
  const github: GitHub = {
    pull: { number: 7, url: pullUrl, commit: headCommit, state: "OPEN" },
    foreign: [],
    checks: [],
    conversation: [],
    lines: [],
    reviews: [],
    rights: { owner: "admin" },
    logs: {},
    touch: [],
    fail: [],
  };
  const file = path.join(bin, "github.json");
  const write = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(github));
    renameSync(`${file}.new`, file);
  };
  write();
  writeFileSync(path.join(bin, "gh"), program);
  chmodSync(path.join(bin, "gh"), 0o755);
  return {
    bin,
    github,
    change: (change) => {
      Object.assign(github, change);
      write();
    },
    calls: () => {
      const calls = path.join(bin, "calls");
      if (!existsSync(calls)) return [];
      return readFileSync(calls, "utf8")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { args: string[] }).args.join(" "));
    },
  };
}

/** A check of GitHub Actions as `gh pr view --json statusCheckRollup` has it. */
export function checkRun(name: string, conclusion: string, more: object = {}): object {
  return {
    __typename: "CheckRun",
    completedAt: conclusion === "" ? "0001-01-01T00:00:00Z" : "2026-11-30T10:05:00Z",
    conclusion,
    detailsUrl: "https://github.com/octo/hello/actions/runs/100/job/200",
    name,
    startedAt: "2026-11-30T10:00:00Z",
    status: conclusion === "" ? "IN_PROGRESS" : "COMPLETED",
    workflowName: "CI",
    ...more,
  };
}

/** A status that another service has set. */
export function statusContext(context: string, state: string, more: object = {}): object {
  const targetUrl = "https://ci.example.com/builds/3";
  return { __typename: "StatusContext", context, startedAt: "2026-11-30T10:00:00Z", state, targetUrl, ...more };
}

/** A comment in the conversation. */
export function said(id: number, login: string | null, body: string, more: object = {}): object {
  const user = login === null ? null : { login, id: 1, type: login.endsWith("[bot]") ? "Bot" : "User" };
  const url = `${pullUrl}#issuecomment-${id}`;
  return { id, user, body, html_url: url, created_at: "2026-11-30T10:10:00Z", author_association: "NONE", ...more };
}

/** A comment on a line of the diff. */
export function saidAt(
  id: number,
  login: string,
  body: string,
  where: { path: string; line: number | null; original_line?: number },
): object {
  const more = { diff_hunk: "@@ -1 +1 @@", pull_request_review_id: 1, html_url: `${pullUrl}#discussion_r${id}` };
  return said(id, login, body, { ...more, ...where });
}

/** A review. */
export function review(id: number, login: string, state: string, body = ""): object {
  return said(id, login, body, { state, submitted_at: "2026-11-30T10:10:00Z", html_url: `${pullUrl}#pullrequestreview-${id}` });
}
