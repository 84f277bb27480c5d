// Asks before a page is left with text that nobody has saved. The page works without this.

const place = document.querySelector("[data-leaving]");
const form = place?.matches("form") ? place : place?.querySelector("form");

if (form) {
  const typed = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
  // What the page that answers a post shows was typed, and is kept nowhere yet.
  const kept = "unkept" in place.dataset ? null : typed();
  let isLeaving = false;
  form.addEventListener("submit", () => (isLeaving = true));
  addEventListener("pageshow", () => (isLeaving = false));
  addEventListener("beforeunload", (event) => {
    if (!isLeaving && typed() !== kept) event.preventDefault();
  });
}
