/** Keeps secrets out of texts while the environments that hold them may change. */
import { SecretFinder } from "./secret-finder.ts";
import { secretsOf } from "./secret-values.ts";
import type { Environment } from "./secret-values.ts";

/**
 * @param environments those that there are now; called for each text. An object that was seen is
 * not looked into again. Secrets of before are kept out, too.
 */
export function redactWith(environments: () => readonly Environment[]): (text: string) => string {
  const seen = new WeakSet<Environment>();
  const known = new Set<string>();
  let finder = new SecretFinder(known);
  return (text) => {
    const fresh = environments().filter((each) => !seen.has(each));
    for (const each of fresh) seen.add(each);
    for (const secret of secretsOf(fresh)) known.add(secret);
    if (fresh.length > 0) finder = new SecretFinder(known);
    return finder.clean(text);
  };
}
