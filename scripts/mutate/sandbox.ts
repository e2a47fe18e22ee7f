/**
 * A copy of the checkout in which one mutant at a time is built and tested. The checkout itself is
 * never changed.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Mutant } from "./mutants.ts";

/**
 * What became of a mutant. Only `survived` is a hole in the tests; `invalid` does not pass the type
 * check and does not count.
 */
export type Verdict =
  | { readonly status: "noticed"; readonly by: string }
  | { readonly status: "survived" }
  | { readonly status: "invalid" };

interface Failure {
  readonly file: string;
  /** The test's name; that of the file when the file itself failed. */
  readonly name: string;
}

/** A test that failed, in the output of Node's TAP reporter, with the place that follows it. */
const failedTest = /^not ok \d+ - (?<name>.*)\n(?: .*\n)*? +location: '(?<file>.*?):\d+:\d+'/m;

/**
 * One test file may take this long before its mutant counts as noticed. It is far more than any
 * file needs.
 */
const fileLimitMs = 15 * 60_000;

/**
 * How long a test waits for a condition (testing/wait.ts). A mutant that stops something makes many
 * of them wait in vain, each twice.
 */
const waitLimitMs = 60_000;

/** The copy of the checkout that mutants are written into. */
export class Sandbox {
  readonly #root: string;
  readonly #directory = mkdtempSync(path.join(os.tmpdir(), "mutate-"));
  /** Tests that were seen to pass, and names of tests that fail, without a mutant. */
  readonly #sound = new Set<string>();
  readonly #broken = new Set<string>();

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

  /**
   * The mutants that pass the type check, in one run: each stands beside its file under another
   * name. Files that import the mutated one are not looked at; `judge` does that for a mutant that
   * survives.
   */
  async typed(mutants: readonly Mutant[]): Promise<Set<Mutant>> {
    if (mutants.length === 0) return new Set();
    const names = mutants.map(({ file }, index) => file.replace(/\.ts$/, `.mutant-${index}.ts`));
    for (const [index, { mutated }] of mutants.entries()) this.#write(names[index] ?? "", mutated);
    const { output } = await this.#run(["node_modules/typescript/bin/tsc", "--noEmit", "--pretty", "false"]);
    for (const name of names) rmSync(path.join(this.#directory, name));
    return new Set(mutants.filter((_, index) => !output.includes(`${names[index]}(`)));
  }

  /**
   * Builds the mutant and runs the test files until a test fails: the nearest ones alone, the
   * others four at a time.
   */
  async judge(mutant: Mutant, tests: readonly string[]): Promise<Verdict> {
    this.#write(mutant.file, mutant.mutated);
    try {
      if (!(await this.#build())) return { status: "invalid" };
      for (let at = 0, count = 1; at < tests.length; at += count, count = at < 3 ? 1 : 4) {
        const by = await this.#noticedBy(mutant, tests.slice(at, at + count));
        if (by !== null) return { status: "noticed", by: `${by.file}: ${by.name}` };
      }
      return { status: (await this.#hasTypes()) ? "survived" : "invalid" };
    } finally {
      this.#restore(mutant.file);
    }
  }

  /**
   * The test that fails because of the mutant: it fails twice, and passes without the mutant. A
   * busy machine fails others.
   */
  async #noticedBy(mutant: Mutant, files: readonly string[]): Promise<Failure | null> {
    for (let round = 0; round < 5; round += 1) {
      const failure = await this.#test(files);
      if (failure === null) return null;
      if ((await this.#test([failure.file], failure.name)) === null) continue;
      if (await this.#isSound(mutant, failure)) return failure;
    }
    throw new Error(`These tests fail now and then: ${files.join(" ")}`);
  }

  /**
   * Whether the test passes without a mutant. Each is tried once; one that fails is named and left
   * out from then on.
   */
  async #isSound(mutant: Mutant, { file, name }: Failure): Promise<boolean> {
    const key = `${file}: ${name}`;
    if (this.#sound.has(key)) return true;
    this.#restore(mutant.file);
    const passes = (await this.#build()) && (await this.#test([file], name)) === null;
    this.#write(mutant.file, mutant.mutated);
    await this.#build();
    if (passes) this.#sound.add(key);
    else {
      this.#broken.add(name);
      console.log(`left out: it fails without any change: ${key}`);
    }
    return passes;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #hasTypes(): Promise<boolean> {
    return (await this.#run(["node_modules/typescript/bin/tsc", "--noEmit"])).passed;
  }

  async #build(): Promise<boolean> {
    return (await this.#run(["scripts/build.mjs", "--without-types"])).passed;
  }

  /**
   * Runs test files, or one test of them, until the first failure. @returns that failure, or null
   * when all pass.
   */
  async #test(files: readonly string[], name?: string): Promise<Failure | null> {
    const only = name === undefined || files.includes(name) ? [] : [`--test-name-pattern=^${literally(name)}$`];
    const without = [...this.#broken].map((broken) => `--test-skip-pattern=^${literally(broken)}$`);
    const options = [...without, "--test-concurrency=2", "--test-timeout=180000", "--test-reporter=tap", ...only];
    try {
      const { passed, output } = await this.#run(["--test", ...options, ...files], failedTest);
      if (passed) return null;
      return failureIn(output, this.#directory) ?? { file: files[0] ?? "", name: files[0] ?? "" };
    } finally {
      this.#endLeftovers();
    }
  }

  /** @param until what ends the run as failed as soon as the output has it. */
  #run(words: readonly string[], until?: RegExp): Promise<{ readonly passed: boolean; readonly output: string }> {
    return new Promise((resolve) => {
      const env = { ...process.env, TMPDIR: path.join(this.#directory, "tmp"), TEST_WAIT_MS: String(waitLimitMs) };
      const child = spawn(process.execPath, words, {
        cwd: this.#directory,
        env,
        stdio: ["ignore", "pipe", "ignore"],
        timeout: fileLimitMs,
        killSignal: "SIGKILL",
      });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        output += part;
        if (until?.test(output) === true) child.kill("SIGKILL");
      });
      child.on("error", () => resolve({ passed: false, output }));
      child.on("close", (code) => resolve({ passed: code === 0, output }));
    });
  }

  /**
   * Ends what a failed test left running. Such processes are found by this copy's path in their
   * environment (Linux only).
   */
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

function failureIn(output: string, directory: string): Failure | null {
  const { name, file } = failedTest.exec(output)?.groups ?? {};
  if (name === undefined || file === undefined) return null;
  return { file: path.relative(directory, file), name: name.replaceAll(/\\([\\#])/g, "$1") };
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
