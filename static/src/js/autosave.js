// Keeps what is typed into the form of an answer on the server, as it is typed, and says so in a line beside the
// buttons. Nothing is kept in the browser: council laptops are shared. Without this script the form works by itself.
//
// What the page says and where it sends is in assessments/_draft_status.html; what the server answers is described at
// the view (assurance/views/drafts.py).

const PAUSE = 3_000; // after the last key
const SPACING = 10_000; // between two words to the server
const PRESENT = 30_000; // between two words from a page that has nothing new
const PATIENCE = 15_000; // for an answer, and
const PATIENCE_TO_SEND = 8_000; // for one that a press on Save waits for
const LONGEST_WAIT = 60_000; // between two tries
const TALKATIVE = 60_000; // at most so often is the same thing said anew
const SLOW = 1_000; // after so long a press on Save says that it is at work
const CARRIED = 60_000; // bytes that a browser still sends while it leaves the page
const TOKEN = "csrfmiddlewaretoken";

// What each answer of the server means. What is not here, or is no JSON, is a service that does not answer.
const OUTCOMES = new Set([
  "saved", "looked", "conflict", "elsewhere",
  "signed_out", "token", "somebody_else", "refused", "closed", "too_long", "no_version",
]);
const REACHED = new Set(["saved", "looked", "conflict"]);
// Trying again changes nothing before somebody does something.
const FINAL = new Set(["refused", "closed", "too_long", "no_version", "elsewhere"]);
// A press on Save that gets one of these leaves the page: what the server answers then keeps the text itself.
const LETS_GO = new Set(["saved", "looked", "conflict", "signed_out", "closed", "too_long", "no_version"]);

class Autosave {
  constructor(form, place) {
    this.form = form;
    this.address = place.dataset.autosave;
    this.person = place.dataset.person;
    this.seen = place.dataset.seen;
    this.cookie = place.dataset.cookie;
    this.line = place.querySelector("[data-autosave-line]");
    this.texts = new Map([...place.querySelectorAll("template[data-says]")].map((it) => [it.dataset.says, it]));
    this.present = document.querySelector("[data-autosave-present]");
    // One name for this opened page, so that another tab does not write over it: see actions/drafts.py.
    this.page = [...crypto.getRandomValues(new Uint8Array(12))].map((it) => it.toString(16).padStart(2, "0")).join("");
    this.sequence = 0;
    // What the page that answers a post shows was typed, and is kept nowhere yet.
    this.kept = "unkept" in place.dataset || this.isTouched() ? null : this.typed();
    this.firstUnkept = 0;
    this.lastInput = 0;
    this.lastWord = 0;
    this.opened = Date.now(); // when the server was told last that somebody is here, by asking for the page
    this.failures = 0;
    this.outcome = "";
    this.said = { key: "", text: "", at: 0 };
    this.isLeaving = false;
    this.isAsking = false;
    this.warned = "";
    this.hint = place.querySelector("[data-autosave-hint]");
    this.hint.hidden = false;
    this.listen();
    if (this.isUnkept()) this.noteInput();
  }

  listen() {
    const { form } = this;
    form.addEventListener("input", () => this.noteInput());
    form.addEventListener("change", () => this.noteInput());
    form.addEventListener("submit", (event) => this.onSubmit(event));
    addEventListener("blur", () => this.sendNow());
    addEventListener("online", () => this.tryAgain());
    addEventListener("focus", () => this.tryAgain());
    addEventListener("pagehide", () => this.sendNow());
    addEventListener("pageshow", (event) => event.persisted && this.comeBack());
    addEventListener("beforeunload", (event) => this.isAtRisk() && event.preventDefault());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.sendNow() : this.tryAgain()));
    setInterval(() => this.beat(), 1_000);
  }

  // What is typed.

  typed() {
    return new URLSearchParams(
      [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && name !== TOKEN),
    ).toString();
  }

  // Whether the browser put back what was typed before: the fields then differ from what the server sent.
  isTouched() {
    return [...this.form.elements].some((it) => {
      if (it.type === "checkbox" || it.type === "radio") return it.checked !== it.defaultChecked;
      return "defaultValue" in it && it.type !== "hidden" && it.value !== it.defaultValue;
    });
  }

  isUnkept() {
    return this.typed() !== this.kept;
  }

  noteInput() {
    this.isLeaving = false;
    this.lastInput = Date.now();
    this.firstUnkept ||= this.lastInput;
    if (FINAL.has(this.outcome)) this.outcome = "";
  }

  // Something is typed that the server does not have, and leaving now would not bring it there.
  isAtRisk() {
    if (this.isLeaving || !this.isUnkept()) return false;
    const hasFailed = this.outcome && !REACHED.has(this.outcome);
    return hasFailed || !navigator.onLine || this.typed().length > CARRIED || Date.now() - this.firstUnkept > PATIENCE;
  }

  // When to say something.

  beat() {
    const now = Date.now();
    if (this.talk || this.isAsking) return;
    const wait = this.failures ? Math.min(LONGEST_WAIT, 1_000 * 2 ** this.failures) : SPACING;
    if (now - this.lastWord < wait) return;
    if (this.firstUnkept && !FINAL.has(this.outcome)) {
      const isPaused = now - this.lastInput >= PAUSE || now - this.firstUnkept >= SPACING;
      if (isPaused || this.failures) this.word();
    } else if (!document.hidden && now - Math.max(this.lastWord, this.opened) >= PRESENT) {
      this.word();
    }
  }

  sendNow() {
    if (!this.isLeaving && this.firstUnkept && !FINAL.has(this.outcome) && this.isUnkept()) this.word({ leaves: true });
  }

  tryAgain() {
    if (this.failures && !this.talk) this.word();
  }

  // Out of the browser's memory, the page is as it was when it was left.
  comeBack() {
    this.isLeaving = false;
    this.word();
  }

  // Saying it.

  // One word at a time, but for the last one of a page that is being left.
  word(options = {}) {
    if (this.talk && !options.leaves) return this.talk.then(() => this.word(options));
    const talk = this.exchange(options).finally(() => {
      if (this.talk === talk) this.talk = null;
    });
    this.talk = talk;
    return talk;
  }

  async exchange({ leaves = false, patience = PATIENCE } = {}, isSecond = false) {
    const typed = this.typed();
    const isNew = typed !== this.kept;
    const body = new URLSearchParams(isNew ? typed : { look: "1", version: this.form.elements.version.value });
    body.set("person", this.person);
    body.set("page", this.page);
    body.set("sequence", ++this.sequence);
    body.set("seen", this.seen);
    if (!isNew) this.firstUnkept = 0;
    this.lastWord = Date.now();
    let outcome = "silent";
    let answer = {};
    try {
      const response = await fetch(this.address, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRFToken": this.token() },
        redirect: "manual",
        keepalive: leaves && body.toString().length < CARRIED,
        signal: AbortSignal.timeout(patience),
      });
      answer = await response.json();
      if (OUTCOMES.has(answer.status)) outcome = answer.status;
    } catch {
      // No answer, or a page where an answer should be: somebody between us and the service, or nobody.
    }
    if (outcome === "token" && !isSecond) return this.exchange({ leaves, patience }, true);
    if (outcome === "silent" && !navigator.onLine) outcome = "offline";
    if (isNew && (outcome === "saved" || outcome === "conflict")) {
      this.kept = typed;
      this.firstUnkept = this.isUnkept() ? Date.now() : 0;
    }
    this.outcome = outcome;
    this.failures = REACHED.has(outcome) || FINAL.has(outcome) ? 0 : Math.min(this.failures + 1, 10);
    if (answer.present) this.show(answer.present);
    this.report(outcome, answer);
    return outcome;
  }

  // Signing in again, in whatever tab, changes the token; the cookie has it as it is now.
  token() {
    const start = `${this.cookie}=`;
    const found = document.cookie.split("; ").find((it) => it.startsWith(start));
    return found ? decodeURIComponent(found.slice(start.length)) : "";
  }

  // Sending the form.

  async onSubmit(event) {
    if (this.isLeaving) return;
    event.preventDefault();
    if (this.isAsking) return;
    this.isAsking = true;
    const slow = setTimeout(() => this.say("saving"), SLOW);
    const outcome = await this.word({ patience: PATIENCE_TO_SEND });
    clearTimeout(slow);
    this.isAsking = false;
    // Their other text is dropped by saving this one: that is asked once.
    if (LETS_GO.has(outcome) || (outcome === "elsewhere" && this.warned === outcome)) {
      this.isLeaving = true;
      const token = this.token();
      if (token) this.form.elements[TOKEN].value = token;
      this.form.requestSubmit(event.submitter);
    } else {
      this.warned = outcome;
      this.say(outcome === "token" ? "silent" : outcome, this.values, "held");
      this.line.scrollIntoView({ block: "nearest" });
    }
  }

  // What the page says.

  report(outcome, answer) {
    const newer = answer.newer ?? {};
    const values = { time: answer.saved_at ?? "", name: newer.name ?? "", since: newer.at ?? "" };
    this.values = values;
    if (outcome === "saved") this.say("saved", values);
    else if (outcome === "conflict") this.say(newer.is_own ? "conflict_own" : "conflict", values);
    else if (outcome === "looked") this.calm(values);
    else if (outcome === "token" || outcome === "no_version") this.say("silent");
    // Nothing typed, nothing to fear: that the service is away then says nothing to the person.
    else if (this.firstUnkept || outcome === "elsewhere") this.say(outcome, values);
  }

  // All is well again, and there is nothing to be saved.
  calm(values) {
    if (!this.said.key) return;
    if (values.time) this.say("saved", values);
    else this.say("");
  }

  // A line that says what it said is left alone, and the same thing in other words is said once a minute at most:
  // whoever hears the page would hear each of them.
  say(key, values = {}, before = "") {
    const parts = [before, key].filter(Boolean).map((it) => this.fill(it, values));
    const text = parts.map((it) => it.textContent).join(" ");
    const name = `${before} ${key}`;
    const isSame = name === this.said.key && (text === this.said.text || Date.now() - this.said.at < TALKATIVE);
    if (isSame && !before) return;
    this.said = { key: key ? name : "", text, at: Date.now() };
    this.hint.hidden = Boolean(text);
    this.line.replaceChildren(...parts.flatMap((it, index) => (index ? [" ", it] : [it])));
  }

  fill(key, values) {
    const found = this.texts.get(key).content.cloneNode(true);
    const walker = document.createTreeWalker(found, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      node.data = node.data.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    }
    return found;
  }

  show(sentences) {
    if (!this.present) return;
    const paragraphs = sentences.map((it) => Object.assign(document.createElement("p"), { className: "govuk-body", textContent: it }));
    this.present.replaceChildren(...paragraphs);
  }
}

const place = document.querySelector("[data-autosave]");
const form = place?.closest("form");
if (form) new Autosave(form, place);
