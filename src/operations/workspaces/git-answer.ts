/** Says what git could not do as an error of the API. */
import { WorkerError } from "../../domain/errors.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import { GitProblem } from "../../git/git-problem.ts";
import type { GitProblemKind } from "../../git/git-problem.ts";

const codes: Partial<Record<GitProblemKind, ErrorCode>> = {
  disk_full: "storage_full",
  too_slow: "unavailable",
};

/** @throws WorkerError in place of a GitProblem: conflict, storage_full, unavailable. */
export async function gitAnswer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GitProblem ? new WorkerError(codes[error.kind] ?? "conflict", error.message) : error;
  }
}
