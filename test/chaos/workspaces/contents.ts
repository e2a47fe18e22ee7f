/**
 * Remembers every content that a person or an agent wrote, and looks for it: in the checkout, a
 * worktree, the trash, a branch or a snapshot.
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { World } from "../world.ts";
import { gitIn } from "./git.ts";

export class Contents {
  readonly #known = new Map<string, string>();
  /** Those that the person wrote and may write over: no snapshot need have them yet. */
  readonly #open = new Set<string>();

  /** @param whose for a message, with the name of the file. */
  add(content: string, whose: string, { isOpen = false } = {}): void {
    const id = blobId(Buffer.from(content));
    if (content === "" || this.#known.has(id)) return;
    this.#known.set(id, whose);
    if (isOpen) this.#open.add(id);
  }

  /** The person writes something else there. */
  replaced(content: string): void {
    const id = blobId(Buffer.from(content));
    if (this.#open.delete(id)) this.#known.delete(id);
  }

  get size(): number {
    return this.#known.size;
  }

  /** A sentence for each content that is nowhere. */
  missing(world: World): string[] {
    const git = gitIn(world.place.work);
    // Objects that no ref leads to do not count: git deletes them some day.
    const listed = git("rev-list", "--objects", "--all").split("\n");
    const found = new Set(listed.map((line) => line.slice(0, 40)));
    for (const directory of [world.place.work, path.join(world.paths.home, "workspaces")])
      if (existsSync(directory)) for (const file of filesBelow(directory)) found.add(blobId(readFileSync(file)));
    return [...this.#known].flatMap(([id, whose]) => (found.has(id) ? [] : [`lost: ${whose} (${id})`]));
  }
}

/** The name that git gives to a content. */
function blobId(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const each = path.join(directory, name);
    if (name === ".git") return [];
    return lstatSync(each).isDirectory() ? filesBelow(each) : [each];
  });
}
