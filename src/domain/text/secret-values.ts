/**
 * Which values of an environment are secrets, and the forms in which they are looked for
 * (docs/administration/security.md says both).
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter values would match ordinary text. */
export const shortestSecret = 6;
/** Values of at least this length need not look random. */
const longEnough = 8;

/**
 * Names of variables whose values are secrets, wherever in the name the word stands; PAT (a
 * personal access token) only as a whole word. `GIT_AUTHOR_NAME` and `PATH` are not.
 */
const secretName =
  /PASSW(?:OR)?D|PASSPHRASE|(?:^|_)PWD$|(?:^|_)PASS$|(?:^|_)PAT\d*(?:_|$)|KEY|TOKEN|SECRET|CREDENTIAL|COOKIE|AUTH(?!OR(?!I[SZ]))/i;
const workingDirectories = new Set(["PWD", "OLDPWD"]);
/** Lists of headers: `Name: value` a line, or `name=value,…`. */
const headersName = /HEADERS?$/i;
/** Addresses, which may have no scheme: `user:password@host`. */
const addressName = /PROXY|UR[LI]|DSN|DATABASE|(?:^|_)DB(?:_|$)|CONN(?:ECTION|_|$)/i;
/** Numbers that limit something (`MAX_THINKING_TOKENS`) are read by people. */
const limitName = /TOKENS$|TTL|TIMEOUT|LIMIT|SIZE|COUNT|_MS$/i;

/** Values that such variables often have and that occur in every log. */
const commonValues = new Set(
  (
    "password passwort changeme changeit disabled enabled required optional anonymous localhost standard internal external production " +
    "development staging undefined username installation authorization automatic credentials keychain keyring personal oauth2 default"
  ).split(" "),
);

/**
 * The secrets of environments: values of variables with a telling name, of headers, and passwords
 * within URLs.
 */
export function secretsOf(environments: readonly Environment[]): Set<string> {
  return new Set(
    environments.flatMap((environment) => Object.entries(environment).flatMap(([name, value]) => secretsIn(name, value ?? ""))),
  );
}

function secretsIn(name: string, value: string): string[] {
  const found = [...passwordsInUrls(value), ...(addressName.test(name) ? passwordsInAddress(name, value) : [])];
  if (headersName.test(name)) found.push(...headerValues(value));
  else if (secretName.test(name) && !workingDirectories.has(name) && !(limitName.test(name) && /^\d+$/.test(value)))
    found.push(...parts(value));
  return found.filter(isSecret);
}

/**
 * The value, and its longer lines: a key of several lines may be printed with numbers in front of
 * each.
 */
function parts(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return [value, value.trim(), ...(lines.length > 1 ? lines.filter((line) => line.length >= 16 && !line.startsWith("-----")) : [])];
}

function headerValues(value: string): string[] {
  return value
    .split(/[\n,]/)
    .map((line) => line.replace(/^[^:=]*[:=]/, "").trim())
    .flatMap((header) => [header, header.replace(/^(?:bearer|basic|token)\s+/i, "")]);
}

/**
 * `https://user:password@host`: as it stands and decoded. A name without a password is one when it
 * is as long as a token.
 */
function passwordsInUrls(value: string): string[] {
  return [...value.matchAll(/:\/\/([^/?#\s]*)@/g)].flatMap(([, login = ""]) => passwordsIn(login));
}

/**
 * `user:password@host` without a scheme, also in a list. A proxy has no path, so its password may
 * hold a slash.
 */
function passwordsInAddress(name: string, value: string): string[] {
  const addresses = [value, ...value.split(/[\s,;]+/)].map((address) => address.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, ""));
  return addresses.flatMap((address) => {
    const login = address.slice(0, Math.max(0, address.lastIndexOf("@")));
    return login.includes(":") && (/PROXY/i.test(name) || !/[/?#]/.test(login)) ? passwordsIn(login) : [];
  });
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

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a search for the value would not match ordinary text. */
export function isSecret(value: string): boolean {
  if (value.length < shortestSecret || commonValues.has(value.toLowerCase()) || /^(.)\1*$/s.test(value)) return false;
  return value.length >= longEnough || (/[^\d.,:-]/.test(value) && /[^A-Za-z]/.test(value));
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
