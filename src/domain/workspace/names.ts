/** Names worktrees and branches. */

const longestSlug = 40;

/** A short name of a text: lower-case words with hyphens between; `task` where nothing is left. */
export function slugOf(text: string): string {
  const plain = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (plain.length <= longestSlug) return plain || "task";
  const cut = plain.slice(0, longestSlug + 1);
  // Not in the middle of a word, unless it is one long word.
  return (cut.lastIndexOf("-") > longestSlug / 2 ? cut.slice(0, cut.lastIndexOf("-")) : cut.slice(0, longestSlug)).replace(/-+$/, "");
}

/** The branch of a task whose caller named none. */
export function branchOf(taskId: number, slug: string): string {
  return `cw/${taskId}-${slug}`;
}

/**
 * What a repository is called in the names of directories.
 * @param repository its common git directory.
 */
export function repositoryName(repository: string): string {
  const parts = repository.split("/").filter((part) => part !== "");
  const last = parts.at(-1) ?? "";
  const name = last === ".git" ? (parts.at(-2) ?? "") : last.replace(/\.git$/, "");
  return (
    name
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[.-]+/, "")
      .slice(0, 40) || "repository"
  );
}
