/** Which names of variables, fields and parameters say that their value is a secret. */

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
/** Parameters of addresses and options that are secrets under another name. */
const secretParameter = /(?:^|_)(?:SIG(?:NATURE)?|SAS|JWT|PW|PIN)$/i;
/** Fields and parameters that say where or how a secret is got. */
const otherParameter = /(?:UR[IL]|HELPER|TYPE|FILE|PATH|ALGORITHM|STORE)$/i;

/** Whether the value of a variable is a secret. */
export function isSecretVariable(name: string, value: string): boolean {
  return secretName.test(name) && !workingDirectories.has(name) && !(limitName.test(name) && /^\d+$/.test(value));
}

/** Whether the value of a parameter (`?sig=…`) or of a field of JSON is a secret. */
export function isSecretParameter(parameter: string, value: string): boolean {
  const name = parameter.replaceAll(/[-.]/g, "_");
  return (isSecretVariable(name, value) || secretParameter.test(name)) && !otherParameter.test(name);
}

/** Whether a variable holds a list of headers. */
export function holdsHeaders(name: string): boolean {
  return headersName.test(name);
}

/** Whether a variable holds addresses of proxies, which have no path. */
export function holdsProxy(name: string): boolean {
  return /PROXY/i.test(name);
}

/** Whether a variable holds an address, which may have no scheme. */
export function holdsAddress(name: string): boolean {
  return addressName.test(name);
}
