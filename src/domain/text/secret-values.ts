/**
 * Which values of an environment are secrets, and the forms in which they are looked for
 * (docs/administration/security.md says both).
 */
import { parseJson } from "./parse-json.ts";
import { holdsAddress, holdsHeaders, holdsProxy, isSecretParameter, isSecretVariable } from "./secret-names.ts";
import {
  headerValues,
  isSecret,
  longEnough,
  parametersIn,
  partsOf,
  passwordsInAddress,
  passwordsInUrls,
  shortestSecret,
  textInBase64,
} from "./secret-parts.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** JSON within JSON: so deep it is looked into. */
const deepest = 4;
const looksRandom = /^(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[\w+/=.~-]{12,}$/;

/**
 * The secrets of environments: values of variables with a telling name, of headers, of parameters
 * and fields with such a name in any variable, and passwords within URLs.
 */
export function secretsOf(environments: readonly Environment[]): Set<string> {
  return new Set(
    environments.flatMap((environment) =>
      Object.entries(environment).flatMap(([name, value]) => secretsIn(value ?? "", name, isSecretVariable(name, value ?? ""))),
    ),
  );
}

/** @param named whether the name says that the value is a secret. */
function secretsIn(value: string, name: string, named: boolean, depth = 0): string[] {
  const json = depth < deepest ? jsonIn(value) : null;
  if (json !== null) return [...(named ? [value, value.trim()].filter(isSecret) : []), ...secretsInJson(json, name, named, depth + 1)];
  const found = [
    ...passwordsInUrls(value),
    ...(holdsAddress(name) ? passwordsInAddress(value, holdsProxy(name)) : []),
    ...parametersIn(value),
  ];
  if (holdsHeaders(name)) found.push(...headerValues(value));
  else if (named) found.push(...partsOf(value));
  const inner = named && depth < deepest ? textInBase64(value.trim()) : null;
  // Of `user:password` in base64, the password.
  if (inner !== null) found.push(...secretsIn(inner, name, true, depth + 1), inner.slice(inner.indexOf(":") + 1));
  return found.filter(isSecret);
}

/** An object or a list that the value is as JSON. */
function jsonIn(value: string): object | null {
  if (!/^\s*[{[]/.test(value)) return null;
  try {
    const json = parseJson(value);
    return typeof json === "object" ? json : null;
  } catch {
    return null;
  }
}

/**
 * Texts and numbers of JSON that their field's name makes secrets; those of a list bear its name.
 * Where no name says so (`{"prod": "4f6c…"}`), those of a secret that look random.
 */
function secretsInJson(json: object, name: string, named: boolean, depth: number): string[] {
  const leaves = [...leavesOf(json, name, named)];
  const found = leaves.flatMap(({ text, field, isNamed }) => secretsIn(text, field, isNamed, depth));
  return found.length > 0 || !named ? found : leaves.map(({ text }) => text).filter((text) => looksRandom.test(text));
}

interface Leaf {
  readonly text: string;
  readonly field: string;
  /** Whether the field's name says that it is a secret. */
  readonly isNamed: boolean;
}

function* leavesOf(json: object, name: string, named: boolean): Generator<Leaf, void> {
  for (const [key, each] of Object.entries(json) as [string, unknown][]) {
    const field = Array.isArray(json) ? name : key;
    const text = typeof each === "string" || typeof each === "number" ? String(each) : "";
    const isNamed = Array.isArray(json) ? named : isSecretParameter(key, text);
    if (typeof each === "object" && each !== null) yield* leavesOf(each, field, isNamed);
    else if (text.length >= shortestSecret) yield { text, field, isNamed };
  }
}

/**
 * A secret as it stands, within a URL, and within base64 at each of the three places where it may
 * begin.
 */
export function formsOf(secret: string): string[] {
  const forms = [secret, ...urlForms(secret)];
  if (secret.length >= longEnough) {
    const standard = [0, 1, 2].map((offset) => base64Core(secret, offset));
    forms.push(...standard, ...standard.map((core) => core.replaceAll("+", "-").replaceAll("/", "_")));
  }
  return [...new Set(forms)];
}

/** Of a path and of a form, with either case of the digits. */
function urlForms(secret: string): string[] {
  const form = encodeURIComponent(secret.toWellFormed());
  return [form, form.replaceAll("%20", "+")].flatMap((each) => [each, each.replaceAll(/%../g, (code) => code.toLowerCase())]);
}

/**
 * What every base64 text has in common that holds the secret after `offset` (modulo 3) other bytes.
 */
function base64Core(secret: string, offset: number): string {
  const bytes = new TextEncoder().encode(secret);
  const all = String.fromCharCode(...new Uint8Array(offset)) + Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(all).slice(Math.ceil((offset * 8) / 6), Math.floor((all.length * 8) / 6));
}
