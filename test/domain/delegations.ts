/**
 * Delegations as agents really write them, in several languages and styles, to measure the rules
 * for prompts with: `good` stands alone and must be accepted, `poor` does not and must be refused,
 * `vague` is long enough and gets advice.
 */
export interface Delegation {
  readonly kind: "good" | "poor" | "vague";
  readonly system_prompt: string | null;
  readonly prompt: string;
}

const good = (system_prompt: string, prompt: string): Delegation => ({ kind: "good", system_prompt, prompt });
const poor = (system_prompt: string | null, prompt: string): Delegation => ({ kind: "poor", system_prompt, prompt });
const vague = (system_prompt: string, prompt: string): Delegation => ({ kind: "vague", system_prompt, prompt });

const longEnough =
  "Go through src/billing and find every place where an invoice total is rounded. List file, line and the rounding that is used, then write the list to docs/rounding.md. Done when each call of round() is in it.";

export const delegations: readonly Delegation[] = [
  // Limits without the words that rules look for.
  good(
    "Senior TypeScript engineer. Scope: the two files named in the prompt, nothing else. No network, no commits, no installs.",
    longEnough,
  ),
  good("You review code for security. Read-only: report findings with file and line; the tree stays exactly as it was.", longEnough),
  good("Backend work in Go 1.23. Public API frozen. Touching migrations is out of scope. One commit, message in imperative.", longEnough),
  good("Data engineer with pandas. Work on copies in /tmp/etl; the originals in /data are read by production right now.", longEnough),
  good("Technical writer. British spelling, second person, sentences under 25 words. Code samples stay untouched.", longEnough),
  good("Role: release manager. Allowed: edit CHANGELOG.md and package.json. Everything else is off the table for this one.", longEnough),
  good("Terse Rust programmer; clippy clean at pedantic level, zero new dependencies, unsafe code is a reason to reject.", longEnough),
  good("You fix flaky tests by finding the race, not by retrying. Timeouts stay as they are. Report the cause of each.", longEnough),
  good(
    "Site reliability engineer on call. Observe and report; mutations of the cluster go through a human. kubectl get is fine.",
    longEnough,
  ),
  good("Accessibility specialist. WCAG 2.2 AA is the bar. Markup and ARIA are yours, visual design belongs to another team.", longEnough),
  good(
    "Migrate, nothing more: behaviour identical, diff as small as it gets, and the old module left in place until I say so.",
    longEnough,
  ),
  good("Database administrator for PostgreSQL 17. Plans and advice; DDL is written to a file and stays there unexecuted.", longEnough),
  // Prompts without anything that looks like a path.
  good(
    "You are a careful researcher. Quote sources with their address, and mark what you could not verify as unverified.",
    "Compare the licences of the three message brokers that we consider (RabbitMQ, NATS, Redpanda) with regard to offering them as a hosted service. Give a table with licence, since which version, and the clause that matters. Two sentences of recommendation at the end.",
  ),
  good(
    "You are a git historian. Read the log only; the working tree and all branches stay as they are during your work.",
    "Find the commit that made the login page slower: it was fine at tag v4.2.0 and slow at v4.3.0. Use git bisect with the command `npm run perf -- login` (slow is above 300 ms). Report the commit, its author and the change in one paragraph.",
  ),
  good(
    "You write SQL for analysts. Only SELECT, no temporary tables, and explain each join in one comment line above it.",
    "Write a query that gives the weekly retention of users who signed up in 2026: cohort week, week number, share still active. The tables are users(id, created_at) and events(user_id, at, kind). Active means any event in that week. Save nothing; the query is the answer.",
  ),
  good(
    "You are an expert in terminal user interfaces. Answer with a plan, at most one page, and do not write any code yet.",
    "We want a live table of running jobs in our command line tool, written for Node without dependencies. Think through redraw, resize, Ctrl-C, pipes and Windows. Say what you would build first, what can go wrong, and how to test each part without a real terminal.",
  ),
  good(
    "You are a performance engineer. Measure before and after, and keep a change only when it is faster by 5 % or more.",
    "The function parseFrames in the module net is the hottest spot of our profile (38 % of CPU). Make it faster without changing what it returns. The benchmark is `make bench-frames`; the unit tests are `make test`. Done when the benchmark is at least 20 % faster and all tests pass.",
  ),
  // Prose, lists, headings, many paths.
  good(
    "You are a senior TypeScript engineer. Change only files below src/auth and never touch the public API.",
    "Refactor src/auth/session.ts so that expired sessions are removed by one function instead of three copies. Keep the behaviour, extend test/auth/session.test.ts, and finish when npm test passes.",
  ),
  good(
    "# Role\nPython developer\n# Constraints\n- no new packages\n- type hints everywhere\n- tests first\n# Output\nA summary of five lines.",
    "# Goal\nReplace the home-made retry in `client/http.py` by tenacity, which is in the lock file already.\n# Context\nThree callers: sync.py, upload.py, cli.py.\n# Done\n`pytest -q` passes; no `time.sleep` is left in client/.",
  ),
  good(
    "You're our Kubernetes person. Manifests in deploy/ are yours; Terraform isn't. Keep resource requests where they are.",
    "deploy/api/deployment.yaml has no readiness probe, so rollouts drop requests. Add one on /healthz (port 8080), a preStop sleep of 5 s, and maxUnavailable 0. Validate with `kubectl apply --dry-run=client -f deploy/api`. Report the diff.",
  ),
  good(
    "Act as a code archaeologist: explain, do not change. Every claim needs a file and a line as its evidence, please.",
    "How does a request reach the scheduler? Start at cmd/server/main.go and follow the call chain until something is put into the queue. Give me a numbered list of hops (file:line, function, one sentence). Name the locks that are held on the way.",
  ),
  good(
    "you are a css dev. keep class names. don't use !important. no frameworks. check in firefox and chrome via playwright.",
    "the sidebar in web/app.css overlaps the content below 900px. make it collapse into a drawer with the existing .drawer classes. screenshots at 400, 800 and 1200 px into /tmp/shots. done = no overlap in any of the three and lighthouse a11y still 100.",
  ),
  good(
    "You are a mathematician who checks numerical code. Exactness over speed; every tolerance you introduce is justified.",
    "lib/geometry/intersect.ts returns wrong results for nearly parallel segments (see issue text in notes/parallel.md). Find out why, propose a robust predicate, implement it behind the same signature and add property tests with fast-check.",
  ),
  // Other languages.
  good(
    "Du bist ein erfahrener Java-Entwickler. Ändere nur Dateien unter backend/, neue Abhängigkeiten sind nicht erlaubt.",
    "In backend/src/main/java/RechnungService.java wird die Mehrwertsteuer zweimal gerundet. Behebe das so, dass nur am Ende gerundet wird, und ergänze einen Test für drei Posten zu 0,33 Euro. Fertig, wenn `mvn test` durchläuft.",
  ),
  good(
    "Sie sind technische Redakteurin. Bitte keine Änderungen am Code, keine Anglizismen, kurze Sätze, Anrede mit Sie.",
    "Überarbeiten Sie die Anleitung zur Einrichtung: Sie ist für Leute geschrieben, die das Programm schon kennen. Neue Leser sollen in zehn Minuten die erste Aufgabe abschicken. Zeigen Sie jeden Befehl mit seiner Ausgabe, und prüfen Sie jeden Befehl, bevor Sie ihn aufschreiben.",
  ),
  good(
    "Tu es un ingénieur logiciel prudent. Ne modifie que les fichiers du dossier api/ et ne change pas les routes publiques.",
    "Dans api/pagination.py, le curseur se perd quand deux lignes ont la même date. Trie aussi par identifiant, garde le format du curseur compatible avec les anciens clients, et ajoute un test avec cent lignes de même date. Terminé quand pytest passe.",
  ),
  good(
    "Vous êtes relecteur. Aucune modification : un rapport en français, une remarque par ligne, avec le fichier et la ligne.",
    "Relisez les changements entre la version 2.1 et la version 2.2 et cherchez tout ce qui pourrait casser une installation existante : options retirées, formats changés, valeurs par défaut différentes. Classez les remarques par gravité et proposez une phrase pour les notes de version.",
  ),
  good(
    "Eres una ingeniera de datos. Trabaja solo en la carpeta etl/ y no borres ninguna tabla; los datos reales no se tocan.",
    "El proceso nocturno en etl/ventas.py tarda dos horas porque lee la tabla completa. Cámbialo para que lea solo las filas nuevas desde la última ejecución, guarda la marca de agua en etl/estado.json y añade una prueba con tres ejecuciones seguidas.",
  ),
  good(
    "Você é um desenvolvedor sênior de Kotlin. Não altere a interface pública e mantenha a cobertura de testes acima de 80 %.",
    "O aplicativo fecha ao girar a tela durante o envio de uma foto. Encontre a causa em app/src/main/java/upload, mova o estado para o ViewModel e escreva um teste instrumentado que gire a tela no meio do envio. Pronto quando o teste passar cinco vezes seguidas.",
  ),
  good(
    "Sei un sistemista Linux. Puoi leggere tutto, ma le modifiche vanno solo nei file sotto ansible/; niente riavvii.",
    "I certificati dei tre server web scadono tra dieci giorni. Prepara un ruolo in ansible/roles/certificati che li rinnovi con certbot, ricarichi nginx senza interruzioni e avvisi via posta se qualcosa fallisce. Prova il ruolo con molecule e riporta il risultato.",
  ),
  good(
    "Je bent een ervaren PHP-ontwikkelaar. Blijf binnen src/Order, geen nieuwe pakketten, en PSR-12 is verplicht voor alles.",
    "De korting wordt dubbel toegepast als een klant zijn winkelwagen opslaat en later terugkomt. Zoek de oorzaak in src/Order/Discount.php, los het op en schrijf een test die het verhaal van de klant naspeelt. Klaar als phpunit en phpstan zonder meldingen eindigen.",
  ),
  good(
    "Ты опытный разработчик на C++. Меняй только файлы в каталоге net/, интерфейс библиотеки должен остаться прежним.",
    "В net/pool.cpp соединения иногда возвращаются в пул уже закрытыми, из-за чего следующий запрос падает. Найди причину, исправь её и добавь тест, который закрывает соединение в момент возврата. Работа закончена, когда тест проходит тысячу раз подряд.",
  ),
  good(
    "Jesteś doświadczonym testerem. Nie zmieniaj kodu produkcyjnego; wolno ci pisać tylko w katalogu tests/e2e projektu.",
    "Napisz testy end-to-end dla rejestracji użytkownika: poprawne dane, zajęty adres, słabe hasło, przerwane połączenie. Użyj istniejących pomocników z tests/e2e/helpers. Każdy test ma sprzątać po sobie. Gotowe, gdy wszystkie przechodzą trzy razy z rzędu.",
  ),
  good(
    "Kıdemli bir React geliştiricisisin. Yalnızca web/ klasöründeki dosyaları değiştir ve yeni bağımlılık ekleme lütfen.",
    "Sipariş listesi bin satırdan sonra takılıyor. web/src/Orders.tsx dosyasındaki listeyi sanal kaydırma ile yeniden yaz, klavye ile gezinme aynı kalsın. Lighthouse puanı en az 90 olmalı. Bitince önceki ve sonraki ölçümleri bir tabloda ver.",
  ),
  good(
    "你是一名资深的后端工程师。只允许修改 service/ 目录下的文件，不得改变对外接口，不得引入新的依赖。",
    "service/order.py 中的库存扣减在并发时会出现负数。请找出原因，用数据库行锁修复，并在 tests/test_order.py 中加入一百个并发请求的测试。完成标准：所有测试连续通过十次，接口返回格式不变，并在最后用三句话说明原因。",
  ),
  good(
    "あなたは経験豊富なフロントエンドエンジニアです。変更は src/components の中だけにし、依存関係は追加しないでください。",
    "検索ボックスに文字を入力するたびに API が呼ばれています。src/components/Search.tsx で入力が止まってから三百ミリ秒後に一度だけ呼ばれるようにし、古い応答が新しい結果を上書きしないことを確かめるテストを追加してください。npm test が通れば完了です。",
  ),
  good(
    "당신은 숙련된 안드로이드 개발자입니다. app/src/login 아래의 파일만 수정하고 새로운 라이브러리는 추가하지 마세요.",
    "로그인 화면에서 비밀번호를 다섯 번 틀리면 앱이 멈춥니다. 원인을 찾아 고치고, 같은 상황을 재현하는 단위 테스트를 추가하세요. 기존 문구는 바꾸지 마세요. 모든 테스트가 통과하면 끝이며, 마지막에 원인을 두 문장으로 설명하세요.",
  ),
  good(
    "أنت مهندس برمجيات خبير في بايثون. عدّل الملفات داخل مجلد reports فقط، ولا تضف أي مكتبات جديدة إلى المشروع.",
    "ملف reports/monthly.py يحسب المجموع مرتين عندما يحتوي الشهر على مرتجعات. ابحث عن السبب وأصلحه، وأضف اختبارًا يغطي شهرًا فيه مرتجعات وشهرًا بدونها. ينتهي العمل عندما تنجح جميع الاختبارات، واكتب في النهاية ملخصًا من ثلاث جمل.",
  ),
  good(
    "आप एक अनुभवी डेवलपर हैं। केवल api/ फ़ोल्डर की फ़ाइलें बदलें और सार्वजनिक इंटरफ़ेस में कोई बदलाव न करें, कृपया।",
    "api/search.py में खोज के परिणाम कभी-कभी दो बार आते हैं। कारण खोजें, उसे ठीक करें, और एक परीक्षण जोड़ें जो एक ही दस्तावेज़ को दो बार जोड़कर खोज करे। काम तब पूरा है जब सभी परीक्षण सफल हों। अंत में कारण को दो वाक्यों में समझाएँ।",
  ),
  // Poor: the worker could not know what is meant.
  poor(null, longEnough),
  poor("", longEnough),
  poor("   \n\t ", longEnough),
  poor("You are an engineer. Never push.", longEnough),
  poor("小心。", longEnough),
  poor(`You are a senior engineer. ${"Be careful and precise in everything. ".repeat(20)}`, longEnough),
  poor(
    "You are a senior TypeScript engineer. Change only files below src/auth and never touch the public API.",
    "Fix the bug in the login.",
  ),
  poor("You are a senior TypeScript engineer. Change only files below src/auth and never touch the public API.", "   "),
  poor("You are a senior TypeScript engineer. Change only files below src/auth and never touch the public API.", "修复登录错误。"),
  poor("ok", "do it"),
  // Vague: long enough, but without role, limits or a place.
  vague(
    "Please be quick about it and also friendly, thanks a lot for everything, see you soon, have a nice day out there.",
    "Please have a look at the thing that we talked about before and make it nicer, so that everybody is happy with it in the end and nobody complains about it any more.",
  ),
  vague(
    "This is the helper for the thing of yesterday, it was good, and the one before was good as well, as we all said.",
    "Continue with what you were doing and then also do the other thing, the one that was a bit strange, and tell me when it is done, because then we can go to the next one after it.",
  ),
];
