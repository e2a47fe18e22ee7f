/** The version of this package, from its package.json. */
import { readFileSync } from "node:fs";

const content = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };

export const version: string = content.version;
