/**
 * Finds and reads the `.claude-worker.json` of a repository. What it says counts only as a person
 * has trusted it (operations/trust).
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { parseJson } from "../domain/text/parse-json.ts";
import { repositoryCommands } from "../domain/verification/repository-commands.ts";
import type { RepositoryCommands } from "../domain/verification/repository-commands.ts";
import { filesCheckoutOf } from "./main-checkout.ts";
import { lookOnce } from "./one-look.ts";
import { readForeign } from "./read-foreign.ts";

const fileName = ".claude-worker.json";
const maxBytes = 256 * 1024;

/** What the file says now. */
export interface RepositoryFile {
  readonly file: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly digest: string;
  readonly content: RepositoryCommands | { readonly problem: string };
}

/**
 * Where the file of a directory stands, whether it is there or not: at the top of the repository,
 * for a worktree in its main checkout (of a bare repository: in the worktree), else in the
 * directory itself. @param directory a real path
 */
export function repositoryFilePath(directory: string): string {
  return path.join(filesCheckoutOf(directory) ?? directory, fileName);
}

/** @returns null when there is none. */
export function readRepositoryFile(file: string): RepositoryFile | null {
  return lookOnce(readRepositoryFile, file, () => readNow(file));
}

function readNow(file: string): RepositoryFile | null {
  const found = readForeign(file, maxBytes);
  if (found === null) return null;
  if ("problem" in found) return { file, digest: "", content: found };
  const digest = createHash("sha256").update(found.bytes).digest("hex");
  return { file, digest, content: contentOf(found.bytes.toString("utf8")) };
}

function contentOf(text: string): RepositoryFile["content"] {
  try {
    return repositoryCommands(parseJson(text.replace(/^\u{FEFF}/u, "")));
  } catch {
    return { problem: "is not valid JSON" };
  }
}
