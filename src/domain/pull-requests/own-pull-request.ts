/**
 * Finds the pull request of a branch that was pushed. Anybody may open one from a fork, with a
 * branch of the same name.
 */

/** What to ask `gh pr list` for. */
export const listedFields = "number,url,isCrossRepository,headRepositoryOwner";
/** So many of one branch's name are looked at. */
export const mostListed = 100;

export interface OpenPullRequest {
  readonly number: number;
  readonly url: string;
}

/**
 * @param listed what `gh pr list --json` says. @param owner of the repository that the branch is
 * pushed to; null: not known, and then only branches of the repository itself count.
 */
export function ownPullRequest(listed: readonly unknown[], owner: string | null): OpenPullRequest | null {
  for (const each of listed) {
    const { number, url, isCrossRepository, headRepositoryOwner } = (each ?? {}) as Record<string, unknown>;
    if (typeof number !== "number" || typeof url !== "string") continue;
    const login = (headRepositoryOwner as { login?: unknown } | null | undefined)?.login;
    const isOwn =
      isCrossRepository !== true || (owner !== null && typeof login === "string" && login.toLowerCase() === owner.toLowerCase());
    if (isOwn) return { number, url };
  }
  return null;
}

/** The owner in the address of a remote, e.g. `octo` of `git@github.com:octo/hello.git`. */
export function ownerOf(address: string): string | null {
  return /[/:]([A-Za-z0-9][A-Za-z0-9_-]*)\/[A-Za-z0-9_.-]+\/?$/.exec(address)?.[1] ?? null;
}
