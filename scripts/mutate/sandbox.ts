/** A copy of the checkout in which one mutant at a time is built and tested. The checkout itself is never changed. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Mutant } from "./mutants.ts";

/** What became of a mutant. Only `survived` is a hole in the tests; `invalid` does not pass the type check and does not count. */
export type Verdict =
  | { readonly status: "noticed"; readonly by: string }
  | { readonly status: "survived" }
  | { readonly status: "invalid" };

/** One test file may take this long before its mutant counts as noticed. It is far more than any file needs. */
const fileLimitMs = 15 * 60_000;

export class Sandbox {
  readonly #root: string;
  readonly #directory = mkdtempSync(path.join(os.tmpdir(), "mutate-"));
  readonly #clean = new Set<string>();

  /** Copies the files that git tracks, as they are in the work tree. The packages are linked. */
  constructor(root: string) {
    this.#root = root;
    mkdirSync(path.join(this.#directory, "tmp"));
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" });
    for (const file of listed.split("\0")) {
      if (file !== "" && existsSync(path.join(root, file))) cpSync(path.join(root, file), path.join(this.#directory, file));
    }
    symlinkSync(path.join(root, "node_modules"), path.join(this.#directory, "node_modules"));
  }

  /** Builds the mutant and runs the test files, four at a time, until one fails. */
  async judge(mutant: Mutant, tests: readonly string[]): Promise<Verdict> {
    this.#write(mutant.file, mutant.mutated);
    try {
      if ((await this.#run(["node_modules/typescript/bin/tsc", "--noEmit"])) !== 0) return { status: "invalid" };
      if ((await this.#run(["scripts/build.mjs"])) !== 0) return { status: "invalid" };
      for (let at = 0; at < tests.length; at += 4) {
        const files = tests.slice(at, at + 4);
        if ((await this.#test(files)) === 0) continue;
        await this.#requireClean(mutant.file, files);
        return { status: "noticed", by: files.join(" ") };
      }
      return { status: "survived" };
    } finally {
      this.#restore(mutant.file);
    }
  }

  /** A failure tells something about the mutant only where the same files pass without it. Each file is tried once. */
  async #requireClean(changed: string, files: readonly string[]): Promise<void> {
    this.#restore(changed);
    const untried = files.filter((file) => !this.#clean.has(file));
    if (untried.length === 0) return;
    const passes = (await this.#run(["scripts/build.mjs"])) === 0 && (await this.#test(untried)) === 0;
    if (!passes) throw new Error(`These tests fail without any change: ${untried.join(" ")}`);
    for (const file of untried) this.#clean.add(file);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #test(files: readonly string[]): Promise<number> {
    try {
      return await this.#run(["--test", "--test-concurrency=2", "--test-timeout=600000", "--test-reporter=dot", ...files]);
    } finally {
      this.#endLeftovers();
    }
  }

  #run(words: readonly string[]): Promise<number> {
    return new Promise((resolve) => {
      const env = { ...process.env, TMPDIR: path.join(this.#directory, "tmp") };
      const child = spawn(process.execPath, words, {
        cwd: this.#directory,
        env,
        stdio: "ignore",
        timeout: fileLimitMs,
        killSignal: "SIGKILL",
      });
      child.on("error", () => resolve(1));
      child.on("exit", (code) => resolve(code ?? 1));
    });
  }

  /** Ends what a failed test left running. Such processes are found by this copy's path in their environment (Linux only). */
  #endLeftovers(): void {
    for (const pid of existsSync("/proc") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : []) {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        if (Number(pid) !== process.pid && environment.includes(this.#directory)) process.kill(Number(pid), "SIGKILL");
      } catch {
        // The process has ended, or it belongs to another user.
      }
    }
  }

  #restore(file: string): void {
    this.#write(file, readFileSync(path.join(this.#root, file), "utf8"));
  }

  #write(file: string, content: string): void {
    writeFileSync(path.join(this.#directory, file), content);
  }
}
