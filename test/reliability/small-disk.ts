/** A data directory on a small file system, which can be filled. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FastWorker } from "./setup.ts";

/**
 * Puts the data directory on a file system of 6 MB. @returns false where this user may not mount
 * one.
 */
export function mountSmall(w: FastWorker): boolean {
  mkdirSync(w.place.dataHome, { mode: 0o700 });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", w.place.dataHome], { stdio: "pipe" });
  } catch {
    // Only root may, and not in every container.
    return false;
  }
  return true;
}

/** The server must let go of it first. */
export async function unmount(w: FastWorker): Promise<void> {
  await w.cli(["server", "stop", "--now"]);
  execFileSync("umount", ["-l", w.place.dataHome]);
}

export function remount(w: FastWorker, mode: "ro" | "rw"): void {
  execFileSync("mount", ["-o", `remount,${mode}`, w.place.dataHome]);
}

/** Takes all the room there is. */
export function fill(file: string, leastBytes = 4096): void {
  for (let bytes = 1024 * 1024; bytes >= leastBytes;) {
    try {
      writeFileSync(file, Buffer.alloc(bytes), { flag: "a" });
    } catch {
      bytes /= 2; // It did not fit: less may.
    }
  }
}

/** Takes all the room but so much. */
export function leave(file: string, freeKb: number): void {
  const { bavail, bsize } = statfsSync(path.dirname(file));
  const kb = Math.floor((bavail * bsize) / 1024) - freeKb;
  if (kb > 0) writeFileSync(file, Buffer.alloc(kb * 1024), { flag: "a" });
}

/** Submits until one is refused. */
export async function fillTheRest(w: FastWorker): Promise<void> {
  const prompt = "x".repeat(200_000);
  await assert.rejects(
    async () => {
      for (let tries = 0; tries < 50; tries += 1) await w.submit(prompt);
    },
    { code: "storage_full", message: /is full, so nothing was saved.*Free some space/ },
  );
}
