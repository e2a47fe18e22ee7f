/** A scratch git repository, and git as a person runs it there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { Git } from "../src/git/git.ts";
import { GitProgram } from "../src/git/git-program.ts";
import { openRepository } from "../src/git/repository.ts";
import type { Repository } from "../src/git/repository.ts";
import { scratch } from "./scratch.ts";
import type { Scratch } from "./scratch.ts";

export interface TestRepository {
  readonly place: Scratch;
  /** The top of the work tree. */
  readonly top: string;
  /** The environment of our git. */
  readonly env: Record<string, string>;
  readonly program: GitProgram;
  /** Git as a person runs it, with every program of the configuration. Returns its output. */
  git(...args: string[]): string;
  file(name: string): string;
  write(name: string, text: string): void;
  read(name: string): string;
  /** Our git in a directory below the top. */
  ours(below?: string): Git;
  open(below?: string): Promise<Repository>;
}

/** @param commit whether it has a first commit of `a`, `b` and `deep/c`. Default: true. */
export function gitRepository(t: TestContext, { commit = true, name = "repository" } = {}): TestRepository {
  const place = scratch(t);
  const top = place.workdir(name);
  const env = { PATH: process.env["PATH"] ?? "", HOME: place.home };
  const program = new GitProgram(env);
  const git = (...args: string[]): string => plainGit(top, env, args);
  const file = (below: string): string => path.join(top, below);
  const write = (below: string, text: string): void => {
    mkdirSync(path.dirname(file(below)), { recursive: true });
    writeFileSync(file(below), text);
  };
  git("init", "-q", "-b", "main");
  if (commit) {
    for (const each of ["a", "b", "deep/c"]) write(each, `${each}\n`);
    git("add", ".");
    git("commit", "-qm", "first");
  }
  const ours = (below = ""): Git => new Git(program, path.join(top, below));
  return {
    place,
    top,
    env,
    program,
    git,
    file,
    write,
    read: (below) => readFileSync(file(below), "utf8"),
    ours,
    open: async (below) => await openRepository(ours(below)),
  };
}

/** Runs git as a person does. Returns its output without the last line's end. */
export function plainGit(directory: string, env: Record<string, string>, args: readonly string[]): string {
  const who = ["-c", "user.name=A Person", "-c", "user.email=person@localhost"];
  return execFileSync("git", [...who, ...args], { cwd: directory, env, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] }).replace(
    /\n$/,
    "",
  );
}
