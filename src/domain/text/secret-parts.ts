/**
 * Finds the parts of a value that are secrets by themselves: a tool may print the password of a URL
 * without the URL, one key of a list, or one line of a file. Every function takes linear time.
 */
import { isSecretParameter } from "./secret-names.ts";

/** Shorter values would match ordinary text. */
export const shortestSecret = 6;
/** Values of at least this length need not look random. */
export const longEnough = 8;
/** How many parts of one value are searched. */
const mostParts = 1000;
/** A part that is longer is found by its beginning. */
const longestPart = 4096;

/** Values that such variables often have and that occur in every log. */
const commonValues = new Set(
  (
    "password passwort changeme changeit disabled enabled required optional anonymous localhost standard internal external production " +
    "development staging undefined username installation authorization automatic credentials keychain keyring personal oauth2 default"
  ).split(" "),
);

/** Whether a search for the value would not match ordinary text. */
export function isSecret(value: string): boolean {
  if (value.length < shortestSecret || commonValues.has(value.toLowerCase()) || /^(.)\1*$/s.test(value)) return false;
  return value.length >= longEnough || (/[^\d.,:-]/.test(value) && /[^A-Za-z]/.test(value));
}

/**
 * A secret as a whole, its lines (also where `\n` is written for a line's end) and, of a list, each
 * that is long enough.
 */
export function partsOf(value: string): string[] {
  const whole = [value, value.trim()];
  const lines = value.split(/\r?\n|\\r?\\?n/).map((line) => line.trim());
  // A key of several lines may be printed with numbers in front of each line. Its first line is not
  // secret.
  if (value.includes("-----BEGIN")) {
    if (lines.length > 1) whole.push(lines.join("\n"), lines.join("\n").trim());
    return [...whole, ...lines.filter((line) => line.length >= 16 && !line.startsWith("-----"))];
  }
  const listed = value.split(/[\s,;]+/).filter((part) => part.length >= longEnough);
  return [...whole, ...(lines.length > 1 ? lines.filter((line) => line.length >= 16) : []), ...listed.slice(0, mostParts)];
}

/** The values of `Name: value` lines and of `name=value,…`, also without their first word. */
export function headerValues(value: string): string[] {
  return value
    .split(/[\n,]/)
    .map((line) => line.replace(/^[^:=]*[:=]/, "").trim())
    .flatMap((header) => {
      const bare = header.replace(/^(?:bearer|basic|token)\s+/i, "");
      return [header, bare, ...bare.split(":").filter((part) => part.length >= longEnough)];
    });
}

/**
 * `https://user:password@host`: as it stands and decoded. A name without a password is one when it
 * is as long as a token.
 */
export function passwordsInUrls(value: string): string[] {
  const chunks = value.split("://");
  return chunks.slice(1, mostParts).flatMap((chunk, index) => {
    const scheme = /[a-z0-9+.-]{0,20}$/i.exec((chunks[index] ?? "").slice(-20))?.[0] ?? "";
    // A single URL may hold any character; in a text it ends at a space or a quote.
    const url = chunks.length === 2 && chunks[0] === scheme ? chunk : (/^[^\s"]*/.exec(chunk)?.[0] ?? "");
    const authority = /^[^/?#\s]*/.exec(url)?.[0] ?? "";
    const token = authority.slice(0, Math.max(0, authority.lastIndexOf("@")));
    const port = /^(?:http|ws)s?$/i.test(scheme) && /^[^/?#:]*:\d{1,5}(?:[/?#]|$)/.test(url);
    return [...(token.includes(":") ? [] : passwordsIn(token)), ...(port && token === "" ? [] : logins(url).flatMap(passwordsIn))];
  });
}

/**
 * The passwords of `user:password@host` without a scheme, also in a list. A proxy has no path, so a
 * number before its `@` is not a port.
 */
export function passwordsInAddress(value: string, isProxy: boolean): string[] {
  const addresses = [value, ...value.split(/[\s,;]+/).slice(0, mostParts)];
  return addresses.flatMap((each) => {
    const address = each.trim().replace(/^[a-z][a-z0-9+.-]{0,40}:\/\//i, "");
    const isPort = !isProxy && /^[^/?#:]*:\d{1,5}[/?#]/.test(address);
    return address.includes("://") || isPort ? [] : logins(address).flatMap(passwordsIn);
  });
}

/**
 * What may be `user:password` before an `@`. A password may hold `/`, `?`, `#` and `@`, and an `@`
 * may follow the host: each `@` after the colon may be the end.
 */
function logins(address: string): string[] {
  const colon = /^[^/?#:]*:/.exec(address)?.[0].length ?? 0;
  const ends: number[] = [];
  for (let at = colon === 0 ? -1 : address.indexOf("@", colon); at !== -1 && ends.length < 8; at = address.indexOf("@", at + 1))
    ends.push(at);
  return ends.map((end) => address.slice(0, end));
}

/**
 * The password of a login. One that is too short to be looked for alone is found with its name and
 * the `@`.
 */
function passwordsIn(login: string): string[] {
  const colon = login.indexOf(":");
  const password = colon === -1 ? (login.length >= 16 ? login : "") : login.slice(colon + 1);
  return [password, decoded(password), ...(password === "" || isSecret(password) ? [] : [`${login}@`])];
}

/** `?password=…`, `&sig=…`, `AccountKey=…;`: as they stand and decoded. */
export function parametersIn(value: string): string[] {
  const found: string[] = [];
  const rest = new RegExp(`(?:"[^"]{0,${longestPart}}"|'[^']{0,${longestPart}}'|[^&;\\s]{0,${longestPart}})`, "y");
  for (const match of value.matchAll(/([\w.-]{1,64})\s?=\s?/g)) {
    if (found.length > mostParts) break;
    if (!isSecretParameter(match[1] ?? "", "")) continue;
    rest.lastIndex = match.index + match[0].length;
    const whole = (rest.exec(value)?.[0] ?? "").replace(/^(["'])(.*)\1$/s, "$2");
    if (!isSecretParameter(match[1] ?? "", whole)) continue;
    for (const each of new Set([whole, ...whole.split(/[,#]/, 1)])) found.push(each, decoded(each), decoded(each.replaceAll("+", " ")));
  }
  return found;
}

/** What base64 of a text holds; null: it is none. */
export function textInBase64(value: string): string | null {
  if (value.length < 16 || value.length > 65_536 || !/^[\w+/-]+={0,2}$/.test(value)) return null;
  try {
    const text = atob(value.replaceAll("-", "+").replaceAll("_", "/"));
    return /^[\t\r\n -~]+$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
