/** Reads a file, or the names of a directory, from one of a task's snapshots. */
import type { FilesQuery } from "../../contract/operations/workspaces.ts";
import type { SnapshotFileView } from "../../contract/views/workspace.ts";
import { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { isText, nameOf } from "../../git/changed-files.ts";
import type { BytePath } from "../../git/changed-files.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { Objects } from "../../git/objects.ts";
import type { Store } from "../../store/store.ts";
import { gitAnswer } from "./git-answer.ts";
import { bytesOf, requireCheckpoint, requireSnapshots } from "./task-diff.ts";

const maxBytes = 5_000_000;
const maxNames = 10_000;

const kinds: Readonly<Record<string, SnapshotFileView["kind"]>> = {
  "100644": "file",
  "100755": "program",
  "120000": "link",
  "160000": "repository",
  "040000": "directory",
};

/** @throws WorkerError not_found: no such checkpoint or file; conflict; payload_too_large. */
export async function fileOfSnapshot(store: Store, git: GitProgram, taskId: number, query: FilesQuery): Promise<SnapshotFileView> {
  const { repository } = requireSnapshots(store, taskId);
  const number = query.checkpoint ?? store.checkpoints.last(taskId)?.number ?? 0;
  const { commit } = requireCheckpoint(store, taskId, number);
  const wanted = Buffer.from(query.path_bytes ?? query.path, query.path_bytes === undefined ? "utf8" : "base64").toString("latin1");
  const bytes = wanted.replaceAll(/^\/+|\/+$/g, "");
  const path = nameOf(bytes);
  return await gitAnswer(async () => {
    const objects = new Objects(git, repository);
    await objects.requireCommit(commit, `Checkpoint ${number} of task ${taskId}`);
    const entry = bytes === "" ? { kind: "directory" as const, object: `${commit}^{tree}` } : await entryAt(objects, commit, bytes);
    if (entry === null) throw new WorkerError("not_found", `Checkpoint ${number} of task ${taskId} has no file ${plainLine(path, 1000)}.`);
    const common = { checkpoint: number, commit, path, kind: entry.kind };
    if (entry.kind === "directory") return { ...common, ...none, entries: await entriesOf(objects, entry.object) };
    if (entry.kind === "repository") return { ...common, ...none };
    return { ...common, ...none, ...(await contentOf(objects, entry.object, path)) };
  });
}

const none = { size: null, encoding: null, content: null, entries: null } as const;

interface Entry {
  readonly kind: SnapshotFileView["kind"];
  readonly object: string;
}

async function entryAt(objects: Objects, commit: string, path: BytePath): Promise<Entry | null> {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) return null;
  if (!isText(path)) return await entryBelow(objects, `${commit}^{tree}`, parts);
  const [found] = await namesOf(objects, ["--full-tree", commit, "--", `:(top,literal)${nameOf(path)}`]);
  return found ?? null;
}

/** Node passes arguments as UTF-8, so a name of other bytes is looked for in each directory. */
async function entryBelow(objects: Objects, tree: string, [part, ...rest]: readonly BytePath[]): Promise<Entry | null> {
  const found = (await namesOf(objects, [tree])).find(({ name }) => name === part);
  if (found === undefined || rest.length === 0) return found ?? null;
  return found.kind === "directory" ? await entryBelow(objects, found.object, rest) : null;
}

async function entriesOf(objects: Objects, tree: string): Promise<NonNullable<SnapshotFileView["entries"]>> {
  const found = await namesOf(objects, [tree]);
  return found.slice(0, maxNames).map(({ name, kind, size }) => ({ name: nameOf(name), name_bytes: bytesOf(name), kind, size }));
}

async function namesOf(objects: Objects, args: readonly string[]): Promise<(Entry & { name: BytePath; size: number | null })[]> {
  const output = await objects.run(["ls-tree", "-z", "-l", ...args]);
  const lines = output
    .toString("latin1")
    .split("\0")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const end = line.indexOf("\t");
    const [mode = "", , object = "", size = "-"] = line.slice(0, end).split(/ +/);
    return { name: line.slice(end + 1), kind: kinds[mode] ?? "file", object, size: size === "-" ? null : Number(size) };
  });
}

async function contentOf(objects: Objects, blob: string, path: string): Promise<Pick<SnapshotFileView, "size" | "encoding" | "content">> {
  const size = Number((await objects.run(["cat-file", "-s", blob])).toString("latin1"));
  if (size > maxBytes) {
    const advice = `Read it with git: git cat-file blob ${blob}`;
    throw new WorkerError("payload_too_large", `${plainLine(path, 1000)} has ${size} bytes, more than ${maxBytes}. ${advice}`);
  }
  const bytes = await objects.run(["cat-file", "blob", blob]);
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes) && !text.includes("\0");
  return { size, encoding: isText ? "utf8" : "base64", content: isText ? text : bytes.toString("base64") };
}
