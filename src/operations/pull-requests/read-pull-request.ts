/** Reads a pull request with `gh`: state, checks, what was said there, and who may write. */
import { isLogin } from "../../domain/pull-requests/news.ts";
import type { Comment, FailedCheck } from "../../domain/pull-requests/news.ts";
import { partsOf } from "../../domain/pull-requests/watch.ts";
import { GhProblem } from "../../git/gh.ts";
import type { GhOptions, RunGh } from "../../git/gh.ts";

const perPage = 100;
/** GitHub's oldest 1,000 of a kind are read. */
const mostPages = 10;
const logBytes = 32_000;
const logMs = 30_000;

export interface PullRequestState {
  readonly state: "open" | "merged" | "closed";
  readonly commit: string;
  /** Those that failed for the newest commit, without their logs. */
  readonly failed: readonly FailedCheck[];
  /** How many checks of that commit are not finished. */
  readonly pending: number;
}

/** One pull request, as the account of `gh` sees it. */
export class PullRequestReader {
  readonly #gh: RunGh;
  readonly #url: string;
  readonly #host: string;
  readonly #place: string;
  readonly #number: number;
  readonly #options: GhOptions;

  /** @throws GhProblem: that is not the address of a pull request. */
  constructor(gh: RunGh, url: string, options: GhOptions = {}) {
    const parts = partsOf(url);
    if (parts === null) throw unreadable();
    this.#gh = gh;
    this.#url = url;
    this.#host = parts.host;
    this.#place = `${parts.owner}/${parts.repository}`;
    this.#number = parts.number;
    this.#options = options;
  }

  /** @throws GhProblem. */
  async state(): Promise<PullRequestState> {
    const said = await this.#gh(["pr", "view", this.#url, "--json=state,headRefOid,statusCheckRollup"], this.#options);
    const { state, headRefOid, statusCheckRollup } = objectIn(said);
    const word = textOf(state).toUpperCase();
    if (!["OPEN", "MERGED", "CLOSED"].includes(word)) throw unreadable();
    const commit = textOf(headRefOid);
    const checks = newestOf(Array.isArray(statusCheckRollup) ? statusCheckRollup.filter(isObject) : []);
    return {
      state: word === "OPEN" ? "open" : word === "MERGED" ? "merged" : "closed",
      commit,
      failed: checks.filter(({ end }) => end === "failed").map((check) => ({ ...check, key: keyOf(commit, check), log: null })),
      pending: checks.filter(({ end }) => end === "pending").length,
    };
  }

  /** Everything that was said, oldest first of each kind. @throws GhProblem. */
  async comments(): Promise<Comment[]> {
    const conversation = await this.#pages(`issues/${this.#number}/comments`);
    const lines = await this.#pages(`pulls/${this.#number}/comments`);
    const reviews = await this.#pages(`pulls/${this.#number}/reviews`);
    return [
      ...reviews.flatMap(reviewOf),
      ...lines.map((item) => ({
        ...commentOf(item, "line"),
        path: textOf(item["path"]),
        line: numberOf(item["line"]) ?? numberOf(item["original_line"]),
      })),
      ...conversation.map((item) => commentOf(item, "comment")),
    ];
  }

  /** Whether this account may write to the repository now. @throws GhProblem: it is not known. */
  async mayWrite(login: string): Promise<boolean> {
    if (!isLogin(login)) return false;
    try {
      const answer = objectIn(await this.#api(`collaborators/${encodeURIComponent(login)}/permission`));
      // `permission` has "write" for the role "maintain", too, and for roles that are based on it.
      return ["admin", "maintain", "write"].includes(textOf(answer["permission"]));
    } catch (error) {
      if (error instanceof GhProblem && error.kind === "not_found") return false;
      throw error;
    }
  }

  /** The end of a check's log; null: it cannot be had. Only GitHub's own checks have one. */
  async log(checkUrl: string): Promise<string | null> {
    const prefix = `https://${this.#host}/${this.#place}/actions/runs/`;
    const job = checkUrl.toLowerCase().startsWith(prefix.toLowerCase()) ? /^\d+\/job\/(\d+)$/.exec(checkUrl.slice(prefix.length)) : null;
    if (job === null) return null;
    const args = ["run", "view", `--job=${job[1] ?? ""}`, "--log-failed", `--repo=${this.#host}/${this.#place}`];
    try {
      return withoutColumns(await this.#gh(args, { ...this.#options, timeoutMs: logMs, tailBytes: logBytes }));
    } catch (error) {
      if (error instanceof GhProblem) return null;
      throw error;
    }
  }

  async #pages(below: string): Promise<Json[]> {
    const items: Json[] = [];
    for (let page = 1; page <= mostPages; page += 1) {
      const found = arrayIn(await this.#api(`${below}?per_page=${perPage}&page=${page}`));
      items.push(...found.filter(isObject));
      if (found.length < perPage) break;
    }
    return items;
  }

  async #api(below: string): Promise<string> {
    return await this.#gh(["api", `--hostname=${this.#host}`, "--method=GET", `repos/${this.#place}/${below}`], this.#options);
  }
}

type Json = Record<string, unknown>;

interface Check {
  readonly name: string;
  readonly conclusion: string;
  readonly url: string;
  readonly end: "failed" | "pending" | "other";
  readonly startedAt: string;
  readonly at: string;
}

/** A cancelled check says nothing about the work, and one that needs a person's action neither. */
const failures = new Set(["FAILURE", "ERROR", "TIMED_OUT", "STARTUP_FAILURE"]);
const unfinished = new Set(["PENDING", "EXPECTED"]);

/** Of several runs of a check the newest one, as `gh pr checks` does it. */
function newestOf(items: readonly Json[]): Check[] {
  const newest = new Map<string, Check>();
  for (const item of items) {
    const isStatus = item["__typename"] === "StatusContext";
    const check = isStatus ? statusOf(item) : checkRunOf(item);
    const key = JSON.stringify([isStatus, check.name]);
    const known = newest.get(key);
    if (known === undefined || known.startedAt <= check.startedAt) newest.set(key, check);
  }
  return [...newest.values()];
}

function checkRunOf(item: Json): Check {
  const isCompleted = textOf(item["status"]).toUpperCase() === "COMPLETED";
  const conclusion = textOf(item["conclusion"]).toUpperCase();
  const workflow = textOf(item["workflowName"]);
  const name = textOf(item["name"]);
  return {
    name: workflow === "" ? name : `${workflow} / ${name}`,
    conclusion,
    url: textOf(item["detailsUrl"]),
    end: !isCompleted ? "pending" : failures.has(conclusion) ? "failed" : "other",
    startedAt: textOf(item["startedAt"]),
    at: textOf(item["completedAt"]),
  };
}

function statusOf(item: Json): Check {
  const state = textOf(item["state"]).toUpperCase();
  return {
    name: textOf(item["context"]),
    conclusion: state,
    url: textOf(item["targetUrl"]),
    end: unfinished.has(state) ? "pending" : failures.has(state) ? "failed" : "other",
    startedAt: textOf(item["startedAt"]),
    at: textOf(item["startedAt"]),
  };
}

/** The same check that fails for the same commit again is said again, because it ran again. */
function keyOf(commit: string, { name, url, at }: Check): string {
  return JSON.stringify(["check", commit, name.slice(0, 300), url.slice(-300), at]);
}

/** A review without a text only holds its comments on lines, unless it asks for changes. */
function reviewOf(item: Json): Comment[] {
  const verdict = textOf(item["state"]).toUpperCase();
  // One that is pending is not sent yet, and a dismissed one does not count.
  if (verdict === "PENDING" || verdict === "DISMISSED") return [];
  const comment = { ...commentOf(item, "review"), verdict };
  return comment.text.trim() === "" && verdict !== "CHANGES_REQUESTED" ? [] : [comment];
}

function commentOf(item: Json, kind: Comment["kind"]): Comment {
  const id = numberOf(item["id"]);
  if (id === null) throw unreadable();
  const user = item["user"];
  return {
    key: `${kind}:${id}`,
    kind,
    author: isObject(user) ? textOf(user["login"]) : "",
    text: textOf(item["body"]),
    url: textOf(item["html_url"]),
    path: null,
    line: null,
    verdict: null,
  };
}

/** `gh` puts the job, the step and the time before each line. */
function withoutColumns(log: string): string {
  return log
    .split("\n")
    .map((line) => line.replace(/^[^\t]*\t[^\t]*\t(?:\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?)?/, ""))
    .join("\n");
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    throw unreadable();
  }
}

/** @throws GhProblem. */
export function objectIn(said: string): Record<string, unknown> {
  const value = parsed(said);
  if (!isObject(value)) throw unreadable();
  return value;
}

/** @throws GhProblem. */
export function arrayIn(said: string): unknown[] {
  const value = parsed(said);
  if (!Array.isArray(value)) throw unreadable();
  return value;
}

function unreadable(): GhProblem {
  return new GhProblem("failed", "gh said something that cannot be read. Is it up to date? gh --version");
}
