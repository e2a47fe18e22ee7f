/** Finds the built page: beside the server in `dist/`, or in the `dist/` of a checkout. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Null: it was not built, so the server has the API only. */
export function webDirectory(): string | null {
  const places = [new URL("../web/", import.meta.url), new URL("../../dist/web/", import.meta.url)];
  const found = places.find((place) => existsSync(new URL("index.html", place)));
  return found === undefined ? null : fileURLToPath(found);
}
