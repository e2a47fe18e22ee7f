/**
 * Removes what a killed server has left of an apply or a landing: worktrees of ours, and the
 * commands that still run there. Stores what it has left of a put-back. Touches nothing of a
 * person or an agent.
 */
import { readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeCheckTree } from "../../git/check-tree.ts";
import { GitProblem } from "../../git/git-problem.ts";
import { lockRepository } from "../../git/repository-lock.ts";
import { removeScratch } from "../../git/scratch-tree.ts";
import { landingMarker } from "./landing-checks.ts";
import type { CheckRunner } from "./landing-checks.ts";
import type { FilesContext } from "./present-files.ts";
import { settlePutBacks } from "./put-back-intent.ts";
import type { WorkspaceGate } from "./workspace-gate.ts";

const landings = /^\.land-[0-9a-f]{12}$/;

/** An apply or a landing that is not over is left alone. */
export async function sweepScratch(context: FilesContext & { readonly gate: WorkspaceGate }, checks: CheckRunner): Promise<void> {
  const { store, paths } = context;
  const places = new Map<string, string>();
  for (const { path, repository } of store.workspaces.worktrees()) if (repository !== null) places.set(dirname(path), repository);
  for (const [directory, repository] of places) {
    if (namesIn(directory).some((name) => name.startsWith(".scratch-")))
      await unlessHeld(join(directory, ".apply-lock"), () => removeScratch(directory, repository));
    for (const name of namesIn(directory).filter((each) => landings.test(each))) {
      const place = join(directory, name);
      await unlessHeld(`${place}.lock`, async () => {
        await checks.clear(landingMarker(paths.home, place));
        removeCheckTree({ repository, directory: place });
        removeScratch(place, repository);
        removeEmpty(place);
      });
    }
  }
  await settlePutBacks(context);
}

async function unlessHeld(lock: string, work: () => void | Promise<void>): Promise<void> {
  let release: () => void;
  try {
    release = await lockRepository(lock, 0);
  } catch (error) {
    if (error instanceof GitProblem && error.kind === "too_slow") return;
    throw error;
  }
  try {
    await work();
  } finally {
    release();
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // Its worktrees are all gone.
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Something is left that the next landing looks at.
  }
}
