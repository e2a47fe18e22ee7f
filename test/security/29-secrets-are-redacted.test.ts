/**
 * Item 29: secrets are in no field and in no name of a field, whatever they look like, and looking
 * for them takes linear time.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { redactLog } from "../../src/server/redact-log.ts";
import { redaction } from "../../src/runner/redaction.ts";
import { secretsOf } from "../../src/domain/text/secret-values.ts";
import { scratch } from "../../testing/scratch.ts";
import { assertLinear, leastCpuMs } from "../../testing/cpu-cost.ts";

const cw = `cw_${"aB3-".repeat(11)}`;
const task = `cwt_${"zY9_".repeat(11)}12345-runnerid`;
const session = "7d0f1b52-3c1e-4f0a-9a51-0123456789ab";

test("every secret of the environment is found in fields, names and encodings", () => {
  const env = {
    DB_PASSWORD: "correct horse battery",
    MYKEYFILE: "anywhere-in-the-name",
    GithubToken: "mixed-case-name",
    secret_of_mine: "lower-case-name",
    SHORT_TOKEN: "hunter2",
    GH_PAT: "pat-as-last-word",
    PAT_X: "pat-as-first-word",
    azure_pat_2: "pat-in-the-middle",
    SSH_PASSPHRASE: "phrase-of-a-key",
    MY_CREDENTIALS: "creds-of-mine",
    BASIC_AUTH: "auth-as-a-word",
    NUMBER_KEY: "90817263544",
    QUOTED_SECRET: 'quo"ted\\and\nlines',
    BASE_SECRET: "base-of-a-longer-one",
    LONG_SECRET: "base-of-a-longer-one-that-goes-on",
    INNER_SECRET: "one-that-goes-on-and-overlaps",
    HTTPS_PROXY: "http://me:pr%40xy-pass@proxy.test:8080",
    DATABASE_URL: "postgres://u:db-pass-1@h/db",
    ANTHROPIC_CUSTOM_HEADERS: "X-Api: header-value-1\nAuthorization: Bearer header-value-2",
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=header-value-3,other=header-value-4",
    PEM_KEY: "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----",
  };
  const { redact, text } = redaction(env);
  const spoken = [
    "correct horse battery",
    "anywhere-in-the-name",
    "mixed-case-name",
    "lower-case-name",
    "hunter2",
    "pat-as-last-word",
    "pat-as-first-word",
    "pat-in-the-middle",
    "phrase-of-a-key",
    "creds-of-mine",
    "auth-as-a-word",
    "90817263544",
    'quo"ted\\and\nlines',
    "base-of-a-longer-one",
    "base-of-a-longer-one-that-goes-on",
    "pr%40xy-pass",
    "pr@xy-pass",
    "db-pass-1",
    "header-value-1",
    "header-value-2",
    "header-value-3",
    "header-value-4",
    "MIIEvQIBADANBgkqhkiG9w0",
    cw,
    task,
    "sk-ant-api03-abcdefgh",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "xapp-1-A0B1C2D3E4F-1234567890123-0123456789abcdef",
    "xoxb-1234567890123-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
    "x:url-pass-9",
  ];
  for (const secret of spoken) {
    const shown = secret === "x:url-pass-9" ? `https://${secret}@h` : secret;
    const bare = secret.replace(/^x:/, "");
    const { value, json } = redact({
      type: shown,
      session_id: shown,
      message: {
        role: shown,
        content: [
          { type: "text", text: `a ${shown}, b` },
          { type: "tool_use", id: shown, input: { [shown]: [shown] } },
        ],
      },
      nested: { type: shown, json: JSON.stringify({ a: shown }) },
      [shown]: { [shown]: 1 },
    });
    assert.ok(!json.includes(JSON.stringify(bare).slice(1, -1)) && !json.includes(bare), `${bare} is in ${json}`);
    assert.deepEqual(JSON.parse(json), value);
    if (bare.length < 8 || shown !== secret || /^(?:cwt?_|sk-|npm_|whsec_|xapp-|xoxb-|\d+:)/.test(secret)) continue;
    for (const before of ["", "u", "u:"]) {
      const encoded = Buffer.from(`${before}${secret}!!`).toString("base64");
      assert.notEqual(text(encoded), encoded, `${before}${secret} in base64`);
    }
    const inUrl = encodeURIComponent(secret);
    assert.equal(text(`?q=${inUrl}&x`), "?q=[redacted]&x");
    assert.equal(text(`?q=${inUrl.replaceAll("%20", "+").replaceAll(/%../g, (code) => code.toLowerCase())}&x`), "?q=[redacted]&x");
    assert.equal(text(JSON.stringify(JSON.stringify({ a: secret }))), JSON.stringify(JSON.stringify({ a: "[redacted]" })));
  }
  assert.deepEqual(redact({ code: 90817263544, other: 12 }).value, { code: "[redacted]", other: 12 });
  assert.equal(text("<base-of-a-longer-one-that-goes-on-and-overlaps>"), "<[redacted]>", "overlapping secrets leave no rest");
  assert.deepEqual(Object.keys(redact({ hunter2: 1, "db-pass-1": 2 }).value), ["[redacted]", "[redacted] 2"]);
});

test("a secret is found however JSON writes it", () => {
  const secret = 'pä/ss"wörd😀\\x-1';
  const { redact, text } = redaction({ A_PASSWORD: secret, B_KEY: "plain-value-9" });
  const ascii = (json: string): string => json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const writers: ((value: unknown) => string)[] = [
    (value) => JSON.stringify(value),
    (value) => ascii(JSON.stringify(value)),
    (value) => JSON.stringify(value).replaceAll("/", "\\/"),
    (value) => ascii(JSON.stringify(value).replaceAll("/", "\\/")).replaceAll(/[0-9a-f]{4}/g, (code) => code.toUpperCase()),
    (value) => JSON.stringify(value).replaceAll(/[a-z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`),
  ];
  for (const known of [secret, "plain-value-9", "url://me:sec%2Fret-1@h"]) {
    for (const outer of writers) {
      for (const inner of writers) {
        for (const said of [outer(known), outer(outer(known)), outer(inner(known)), outer(inner(outer(known)))]) {
          const kept = redact({ type: "user", text: `before ${said} after` }).value.text;
          assert.match(kept, /^before .*\[redacted\].* after$/, said);
          assert.equal(text(kept), kept);
          assert.ok(kept.length < said.length + 40 && !/p(?:ä|.*u00)|ret-1/i.test(kept), `${said} became ${kept}`);
        }
      }
    }
  }
  assert.equal(text("C:\\new\\table and \\u12 stay"), "C:\\new\\table and \\u12 stay");
});

test("passwords in addresses without a scheme are redacted", () => {
  const env = {
    ALL_PROXY: "bob:proxy-pw-1@host:3128",
    no_scheme_proxy: "bob:pr0xy/p@ss@host:3128",
    HTTP_PROXY: "bob:pw@host:3128",
    FTP_PROXY: "http://eve:pw2@host:3128",
    REDIS_URL: ":redis-pw-1@host:6379",
    MYSQL_DSN: "root:mysql-pw-1@tcp(127.0.0.1:3306)/db",
    BROKER_URLS: "a:first-pw-1@h1,b:second-pw-2@h2",
    NPM_URL: "https://registry.test/@scope/name:12345678@1",
  };
  const { text } = redaction(env);
  for (const password of ["proxy-pw-1", "pr0xy/p@ss", "redis-pw-1", "mysql-pw-1", "first-pw-1", "second-pw-2"])
    assert.equal(text(`<${password}>`), "<[redacted]>", password);
  assert.equal(text("curl -x bob:pw@host:3128; pw and bob"), "curl -x [redacted]host:3128; pw and bob");
  assert.equal(text("proxy is http://eve:pw2@host:3128"), "proxy is http://[redacted]host:3128");
  assert.equal(text("@scope/name:12345678@1 registry.test"), "@scope/name:12345678@1 registry.test");
});

test("a secret is found in the parts of its variable's value", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabcdefgh12345678ijkl\n-----END PRIVATE KEY-----\n";
  const cases: readonly (readonly [name: string, value: string, ...secrets: string[]])[] = [
    ["DATABASE_URL", "postgres://svc:pa55/w0rd!x@db.local/app", "pa55/w0rd!x"],
    ["PG", "postgres://svc:p?ss#w0rd@1@db.local:5432/app?mail=a@b", "p?ss#w0rd@1"],
    ["AMQP", "amqp://svc@corp.test:pa55:w0rd/1@mq/vhost", "pa55:w0rd/1"],
    ["MONGO_URLS", "mongodb://a:fi/rst-pw@h1,h2/db,mongodb://b:sec/ond-pw@h3", "fi/rst-pw", "sec/ond-pw"],
    ["MYSQL_DSN", "root:my/sql!pw@tcp(127.0.0.1:3306)/db", "my/sql!pw"],
    ["GIT", "https://me:t0ken/with%2Fslash@git.test/x.git", "t0ken/with%2Fslash", "t0ken/with/slash"],
    ["JDBC_URL", "jdbc:postgresql://h/db?user=a&password=qparam777", "qparam777"],
    ["BLOB", "https://h.test/c?sv=1&sig=SIGNATUREabc123%3D", "SIGNATUREabc123%3D", "SIGNATUREabc123="],
    [
      "S3_LINK",
      "https://s3.test/k?X-Amz-Signature=0123456789abcdef&X-Amz-Security-Token=FwoGZXIvYXdz#x",
      "0123456789abcdef",
      "FwoGZXIvYXdz",
    ],
    ["HOOK_URL", "https://h.test/?access_token=acc-777-x&client_secret=cli%20sec+ret", "acc-777-x", "cli sec ret"],
    ["CALLBACK", "https://h.test/?api-key=apikey-999#frag", "apikey-999"],
    ["AZURE", "DefaultEndpointsProtocol=https;AccountName=n;AccountKey=azure-key/1+2==;EndpointSuffix=e", "azure-key/1+2=="],
    ["ADO", "Server=s;User Id=me;Password=ado!pass1;Encrypt=yes", "ado!pass1"],
    ["PGCONN", "host=h password='libpq pass' dbname=d", "libpq pass"],
    ["CACHE", "h.test:6380,password=redis-pw-77,ssl=True", "redis-pw-77"],
    ["JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=jks-pass-1 -Dx=y", "jks-pass-1"],
    [
      "GCP_SERVICE_ACCOUNT_KEY",
      JSON.stringify({ type: "service_account", private_key: pem, private_key_id: "0a1b2c3d4e5f" }),
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
      pem,
      pem.trim(),
      "abcdefgh12345678ijkl",
      "0a1b2c3d4e5f",
    ],
    ["APP_JSON", JSON.stringify({ db: { password: "json-pw-1", url: "redis://:re/dis-pw@h" }, other: 1 }), "json-pw-1", "re/dis-pw"],
    ["SIGNING_KEYS", JSON.stringify({ prod: "abcd1234efgh5678", dev: { of: "zzzz1234yyyy5678" } }), "abcd1234efgh5678", "zzzz1234yyyy5678"],
    ["ROTATED_KEYS", JSON.stringify(["first-key-1", "second-key-2"]), "first-key-1", "second-key-2"],
    ["DOCKER_AUTH_CONFIG", JSON.stringify({ auths: { r: { auth: btoa("docker-user:docker-pw-1") } } }), "docker-pw-1"],
    ["SA_KEY_BASE64", btoa(JSON.stringify({ client_secret: "in-base64-1" })), "in-base64-1"],
    ["API_KEYS", "aaaa1111bbbb,cccc2222dddd", "aaaa1111bbbb", "cccc2222dddd"],
    ["MORE_TOKENS", "eeee3333ffff; gggg4444hhhh iiii5555jjjj", "eeee3333ffff", "gggg4444hhhh", "iiii5555jjjj"],
    ["ONE_LINE_KEY", pem.replaceAll("\n", "\\n"), "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", pem.trim()],
    ["ANTHROPIC_CUSTOM_HEADERS", "X-Gw: tenant:gwsecretvalue", "gwsecretvalue"],
  ];
  for (const [name, value, ...secrets] of cases) {
    const { text } = redaction({ [name]: value });
    for (const secret of secrets) assert.equal(text(`<${secret}>`), "<[redacted]>", `${secret} of ${name}`);
  }
});

test("the parts of a value that are no secrets stay readable", () => {
  const env = {
    REGISTRY_URL: "https://registry.test:8080/npm/@scope/package-name",
    IMAGE_URI: "registry.test:5000/team/app@sha256:0123456789",
    PAGE_URL: "https://h.test/search?q=long-question&page_size=1000000&max_tokens=10000000",
    OPTIONS: "--tls-key-file=/etc/tls/server.pem credential.helper=osxkeychain token_url=https://login.test/token",
    GOOGLE_KEY: JSON.stringify({ project_id: "my-project-123", token_uri: "https://oauth2.test/token", private_key: "p-k-12345" }),
    LONG_KEY: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----",
  };
  const text =
    "registry.test:8080/npm/@scope/package-name registry.test:5000/team/app@sha256:0123456789 long-question 1000000 10000000 " +
    "/etc/tls/server.pem osxkeychain https://login.test/token my-project-123 https://oauth2.test/token -----BEGIN PRIVATE KEY-----";
  assert.equal(redaction(env).text(text), text);
});

test("UUIDs and the SDK's own words are not redacted, also when a secret equals one", () => {
  const { redact } = redaction({ A_KEY: session, B_KEY: "assistant", C_KEY: "error_during_execution", D_KEY: "tool_use" });
  const record = {
    type: "assistant",
    subtype: "error_during_execution",
    session_id: session,
    uuid: session,
    message: { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", input: { type: "assistant", session_id: session } }] },
    _at: "2026-11-22T12:00:00.000Z",
  };
  assert.deepEqual(redact(record).value, {
    ...record,
    message: { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", input: { type: "[redacted]", session_id: "[redacted]" } }] },
  });
});

test("every note of the runner stays readable, whatever the secrets are", () => {
  const notes = [...readFileSync(new URL("../../src/domain/events/record.ts", import.meta.url), "utf8").matchAll(/subtype: "([a-z_]+)"/g)];
  assert.ok(notes.length >= 10);
  for (const [, subtype = ""] of notes) {
    const note = { type: "worker", subtype };
    assert.deepEqual(redaction({ A_KEY: subtype, B_KEY: "worker" }).redact(note).value, note);
  }
});

test("short and common values of secrets do not destroy logs", () => {
  const env = {
    A_KEY: "1",
    B_TOKEN: "true",
    C_SECRET: "test",
    D_AUTH: "oauth2",
    E_PASSWORD: "changeme",
    F_KEY: "",
    MAX_THINKING_TOKENS: "10000000",
  };
  const author = {
    GIT_AUTHOR_NAME: "Ada Lovelace",
    PATH: "/opt/tools/bin",
    MANPATH: "/opt/tools/man",
    PATTERN: "some-pattern",
    COMPAT_MODE: "old-and-new",
    KEY_COUNT: "12345",
    PWD: "/home/user/project",
    Z_TOKEN: "--------",
  };
  const text =
    "1 true test oauth2 changeme 10000000 Ada Lovelace 12345 /home/user/project -------- /opt/tools/bin /opt/tools/man some-pattern old-and-new";
  assert.equal(redaction(env, author).text(text), text);
  assert.deepEqual(redaction(env).redact({ text }).value, { text });
});

test("a line of the server's log stays JSON without secrets", (t) => {
  const file = scratch(t).file("token", "LocalTokenLocalTokenLocalTokenLocalTokenLoc\n");
  const clean = redactLog([{ N_KEY: "nABCDEFGH" }], file);
  const line = clean(`${JSON.stringify({ level: 50, msg: "\nABCDEFGH and nABCDEFGH LocalTokenLocalTokenLocalTokenLocalTokenLoc" })}\n`);
  assert.deepEqual(JSON.parse(line), { level: 50, msg: "\nABCDEFGH and [redacted] [redacted]" });
  assert.equal(clean("no JSON: nABCDEFGH \u009b2J\n"), "no JSON: [redacted] \\u009b2J\n");
  const hostile = clean(`${JSON.stringify({ msg: "\u009b2J \u202e" })}\n`);
  assert.equal(hostile, '{"msg":"\\u009b2J \\u202e"}\n');
});

/**
 * Texts that are made to be slow: each beginning of a secret again and again, alone, nearly
 * complete and complete.
 */
const beginnings = (
  "eyJ|sk-ant-|sk-proj-|ghp_|github_pat_|glpat-|npm_|xoxb-|xapp-|AIza|AKIA|whsec_|123456789012:AA|123456|cw_|cwt_|Bearer |://|://u:|Authorization: Basic |known-secret|" +
  "abababababababab|http://"
).split("|");
const escapes = ["\\", "\\\\", '\\"', "\\/", "\\u00e4", "\\u0061b", "\\\\u0068ttp:\\/\\/u:", "known-s\\u0065cret", "\\".repeat(64)];
const slow = [...beginnings, ...escapes].flatMap((begin) => [
  begin,
  `${begin}aaaaaaa`,
  `${begin}aaaaaaaaa.`,
  `${begin}aaaaaaaaaa.aaaaaaaaaa.`,
  `${begin}${"A".repeat(40)} `,
]);

test("redaction takes no more than linear time", () => {
  const { redact } = redaction({ A_KEY: "known-secret-value", B_KEY: "ab".repeat(500), C_KEY: "http://u:some-pass@h" });
  for (const piece of [...slow, slow.join("")])
    assertLinear(piece.repeat(Math.ceil(5_000 / piece.length)), (text) => redact({ type: "user", text }));
});

test("secrets that begin alike take no longer to look for than others", () => {
  const text = "a".repeat(20_000);
  const least = (count: number): number => {
    const env = Object.fromEntries(Array.from({ length: count }, (_, n) => [`A${n}_KEY`, `${"a".repeat(26)}${n}`]));
    const { redact } = redaction(env);
    return leastCpuMs(() => redact({ type: "user", text }), 3);
  };
  // Fifty times as many.
  const [few, many] = [least(20), least(1000)];
  assert.ok(many < Math.max(few, 4) * 10, `${few} ms, then ${many} ms`);
});

test("reading the parts of values takes no more than linear time", () => {
  const pieces = [
    "://",
    "http://u:",
    "a:b@",
    "key=",
    "password='",
    "sig=a&",
    "aaaaaaaa,",
    "\\n",
    "x".repeat(64),
    '{"key":',
    "[",
    "@",
    "a:",
    "a.b-",
  ];
  for (const piece of pieces)
    assertLinear(piece.repeat(Math.ceil(4000 / piece.length)), (value) =>
      secretsOf([{ A_KEY: value, B_URL: value, C_HEADERS: value, D_PROXY: value, E: value }]),
    );
});

test("fields that are named by secrets stay separate, in linear time", () => {
  const { redact } = redaction({ A_KEY: "known-secret-value" });
  const record = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`sk-ant-${String(n).padStart(30, "0")}`, n]));
  // 16 times as many: the square would be 256 times.
  const least = (count: number): number => {
    const value = record(count);
    return leastCpuMs(() => assert.equal(Object.keys(redact(value).value).length, count));
  };
  const growth = least(64_000) / least(4000);
  assert.ok(growth < 100, `grew ${growth} times`);
});
