/**
 * Finds files of some patterns that a snapshot does not show as they are: what an index hides, what
 * is ignored by a new rule, what is too large, and what lies in a repository of its own.
 */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { nameOf, readStatus, statusArguments } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import type { DifferingFile } from "./differing-files.ts";
import { pathspecs } from "./differing-files.ts";
import type { Git, GitCall } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import { recordedRepositories } from "./inner-repositories.ts";
import { PrivateIndex } from "./private-index.ts";
import type { Repository } from "./repository.ts";

const timeoutMs = 120_000;
const mostBytes = 256 * 1024 * 1024;
/** More files of repositories inside are not looked at. */
const maxInnerFiles = 50_000;

export interface OverlookedOrder {
  /** The patterns are relative to its `prefix`. */
  readonly repository: Repository;
  /** The index of ours that has the files of `tree`. */
  readonly index: string;
  /** The commit that the task began with. */
  readonly base: string;
  /** The commit of the task's first snapshot: what is older was not changed by the task. */
  readonly first: string;
  /** The tree of the snapshot of the present files. */
  readonly tree: string;
  readonly patterns: readonly string[];
  /** Paths below the top that do not count, with everything below them. */
  readonly except: readonly string[];
}

/** @returns paths relative to the repository's `prefix`. @throws GitProblem: they are not known. */
export async function overlookedFiles(order: OverlookedOrder): Promise<DifferingFile[]> {
  return await new Overlooked(order).find();
}

class Overlooked {
  readonly #order: OverlookedOrder;
  readonly #git: Git;
  readonly #specs: readonly string[];

  constructor(order: OverlookedOrder) {
    this.#order = order;
    this.#git = order.repository.git;
    this.#specs = pathspecs(order.patterns, order.repository.prefix);
  }

  async find(): Promise<DifferingFile[]> {
    const since = Number(await this.#git.text(["log", "-1", "--format=%ct", this.#order.first], { isPlain: true }));
    const files = (await this.#others(this.#specs)).filter((each) => !each.endsWith("/"));
    // Patterns of files do not name the directory that is a repository.
    const repositories = (await this.#others([])).filter((each) => each.endsWith("/")).map((each) => each.slice(0, -1));
    const innerPlaces = [...(await this.#unexplained(repositories)), ...(await this.#gitlinks())];
    const unexplained = (await this.#unexplained(files)).filter((file) => this.#changedAt(file) > since);
    const inner = await this.#ofPatterns(await this.#innerFiles(innerPlaces, since));
    const different = (await this.#different()).filter((file) => this.#changedAt(file) > since);
    const excepted = this.#order.except.map((each) => Buffer.from(each).toString("latin1"));
    const found = [...new Set([...different, ...unexplained, ...inner])].filter(
      (file) => !excepted.some((each) => file === each || file.startsWith(`${each}/`)),
    );
    const { prefix } = this.#order.repository;
    const cut = prefix === "" ? 0 : Buffer.byteLength(prefix) + 1;
    return found.map((file) => ({ how: "hidden from git", path: nameOf(file.slice(cut)) }));
  }

  /** Files whose content is not the one of the snapshot: each of the patterns is read again. */
  async #different(): Promise<BytePath[]> {
    return await this.#withIndex(async (call) => {
      await this.#git.run(["read-tree", this.#order.tree], call);
      const args = statusArguments.map((each) => (each === "--untracked-files=all" ? "--untracked-files=no" : each));
      const { changed } = readStatus(await this.#git.run([...args, "--", ...this.#specs], call));
      return changed.map((each) => each.path);
    });
  }

  /** Files that the snapshot does not have; a repository inside ends with a slash. */
  async #others(specs: readonly string[]): Promise<BytePath[]> {
    const call = new PrivateIndex(this.#order.index).call({ timeoutMs, maxBytes: mostBytes });
    return split(await this.#git.run(["ls-files", "--others", "-z", "--", ...specs], call));
  }

  /** Leaves out what is ignored by a rule that the task began with. */
  async #unexplained(files: readonly BytePath[]): Promise<BytePath[]> {
    if (files.length === 0) return [];
    const input = Buffer.from(files.map((file) => `${file}\0`).join(""), "latin1");
    const call = new PrivateIndex(this.#order.index).call({ timeoutMs, input });
    const { base, tree } = this.#order;
    const rules = await this.#rules(base);
    const present = await this.#rules(tree);
    const explained = new Set<BytePath>();
    const said = await this.#git.findBytes(["check-ignore", "--verbose", "-z", "--stdin"], call);
    const parts = said?.toString("latin1").split("\0") ?? [];
    for (let at = 0; at + 3 < parts.length; at += 4) {
      const [source = "", , , file = ""] = parts.slice(at, at + 4);
      if (rules.has(source) && rules.get(source) === present.get(source)) explained.add(file);
    }
    return files.filter((file) => !explained.has(file));
  }

  /** The `.gitignore` files of a commit or tree with their contents. */
  async #rules(tree: string): Promise<Map<BytePath, string>> {
    const lines = split(await this.#git.run(["ls-tree", "-r", "-z", "--full-tree", tree], { isPlain: true, timeoutMs }));
    const entries = lines.map((line) => [line.slice(line.indexOf("\t") + 1), line.split(" ", 3)[2]?.split("\t", 1)[0] ?? ""] as const);
    return new Map(entries.filter(([file]) => path.posix.basename(file) === ".gitignore"));
  }

  async #gitlinks(): Promise<BytePath[]> {
    return await this.#withIndex(async (call) => {
      await this.#git.run(["read-tree", this.#order.tree], call);
      return await recordedRepositories(this.#git, call);
    });
  }

  /** New files in repositories of their own. */
  async #innerFiles(places: readonly BytePath[], since: number): Promise<BytePath[]> {
    const found: BytePath[] = [];
    const open = [...places];
    let seen = 0;
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      for (const entry of entriesOf(this.#placeOf(place))) {
        const name = `${place}/${entry.name.toString("latin1")}`;
        seen += 1;
        if (seen > maxInnerFiles) throw new GitProblem("too_much", `The repositories inside have more than ${maxInnerFiles} files.`);
        if (entry.isDirectory() && entry.name.toString("latin1") !== ".git") open.push(name);
        else if (!entry.isDirectory() && this.#changedAt(name) > since) found.push(name);
      }
    }
    return found;
  }

  /** Those of the patterns, as git reads them. */
  async #ofPatterns(files: readonly BytePath[]): Promise<BytePath[]> {
    if (files.length === 0) return [];
    return await this.#withIndex(async (call) => {
      const blob = await this.#git.text(["hash-object", "-t", "blob", "--stdin"], { isPlain: true, input: "" });
      const lines = files.filter((file) => !file.split("/").includes(".git")).map((file) => `100644 ${blob} 0\t${file}\0`);
      await this.#git.run(["update-index", "-z", "--index-info"], { ...call, input: Buffer.from(lines.join(""), "latin1") });
      return split(await this.#git.run(["ls-files", "-z", "--", ...this.#specs], call));
    });
  }

  /** With an index of ours for the moment, which is empty. */
  async #withIndex<T>(work: (call: GitCall) => Promise<T>): Promise<T> {
    const file = `${this.#order.index}.look`;
    const remove = (): void => [file, `${file}.lock`].forEach((each) => rmSync(each, { force: true }));
    remove();
    try {
      return await work(new PrivateIndex(file).call({ timeoutMs }));
    } finally {
      remove();
    }
  }

  /** Seconds; 0: it is not there. No program can set this time. */
  #changedAt(file: BytePath): number {
    const stats = lstatSync(this.#placeOf(file), { throwIfNoEntry: false });
    return stats === undefined ? 0 : Math.floor(stats.ctimeMs / 1000);
  }

  #placeOf(file: BytePath): Buffer {
    return Buffer.concat([Buffer.from(`${this.#order.repository.top}${path.sep}`), Buffer.from(file, "latin1")]);
  }
}

function split(output: Buffer): BytePath[] {
  return output
    .toString("latin1")
    .split("\0")
    .filter((each) => each !== "");
}

function entriesOf(directory: Buffer): ReturnType<typeof readDirectory> {
  try {
    return readDirectory(directory);
  } catch {
    return [];
  }
}

function readDirectory(directory: Buffer) {
  return readdirSync(directory, { encoding: "buffer", withFileTypes: true });
}
