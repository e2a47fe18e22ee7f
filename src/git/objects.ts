/**
 * Git for what a repository has stored, without a work tree: neither files, nor an index, nor
 * attributes that lie in a work tree count, and the work tree may be gone.
 */
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import { Git } from "./git.ts";
import type { GitCall } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import type { GitProgram } from "./git-program.ts";

export class Objects {
  readonly #git: Git;
  readonly #env: NonNullable<GitCall["env"]>;

  /** @param repository the common git directory. */
  constructor(program: GitProgram, repository: string) {
    this.#git = new Git(program, repository);
    // No index: a file that is not there counts as an empty one.
    this.#env = { GIT_DIR: repository, GIT_INDEX_FILE: path.join(repository, "no-index-of-claude-worker") };
  }

  /** @throws GitProblem. */
  async run(args: readonly string[], call: Omit<GitCall, "env" | "isPlain"> = {}): Promise<Buffer> {
    return await this.#git.run(args, { ...call, isPlain: true, env: this.#env });
  }

  /** The output; null for the exit code 1. @throws GitProblem. */
  async find(args: readonly string[], call: Omit<GitCall, "env" | "isPlain"> = {}): Promise<string | null> {
    return await this.#git.find(args, { ...call, isPlain: true, env: this.#env });
  }

  /** @throws GitProblem `failed`: the repository has none of this name any more. */
  async requireCommit(commit: string, what: string): Promise<void> {
    if ((await this.find(["rev-parse", "--verify", "--quiet", `${commit}^{commit}`])) !== null) return;
    throw new GitProblem("failed", `${what} is not in the repository ${plainLine(this.#git.directory, 1000)} any more.`);
  }
}
