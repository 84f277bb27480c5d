// Keys for whoever reviews many benchmarks: Alt, Shift and a letter reach what the page names with data-shortcut. Two
// modifiers, so that nothing is pressed by typing or by speaking. The list of them is in assessments/_shortcuts.html.
// Every page works without this.

const find = (key) => document.querySelector(`[data-shortcut="${key}"]`);

// What a key does follows from what it names: a link or a button is pressed, a folded text is opened, and of
// everything else the first field gets the focus, or the chosen one of several.
function reach(target) {
  if (target.matches("a, button")) {
    target.click();
    return;
  }
  if (target.matches("details")) target.open = true;
  const isItself = target.hasAttribute("tabindex");
  const field = target.querySelector("input:checked") ?? target.querySelector("summary, input, textarea, select");
  const place = isItself ? target : field ?? target;
  place.focus();
  place.scrollIntoView({ block: "center" });
}

// By the place of the key where it types a letter: with Option a Mac gives another sign for it.
function letterOf(event) {
  if (/^[A-Z]$/i.test(event.key)) return event.key.toUpperCase();
  return event.code.startsWith("Key") ? event.code.slice(3) : "";
}

const list = document.querySelector("[data-shortcuts]");
if (list) {
  for (const line of list.querySelectorAll("[data-key]")) line.hidden = !find(line.dataset.key);
  list.hidden = false;
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.repeat) return;
    const letter = letterOf(event);
    const target = letter && find(letter);
    if (!target) return;
    event.preventDefault();
    reach(target);
  });
}
