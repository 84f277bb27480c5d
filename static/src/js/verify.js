// Works out the SHA-256 of a letter in the browser, so that only that is sent and the file stays where it is. The form
// works without this: then the file is sent. A browser lends its hashing to pages over TLS only.
const form = document.querySelector("form[data-verify]");
const file = form?.elements.namedItem("file");
const digest = form?.elements.namedItem("sha256");
const largest = 20 * 1024 * 1024; // beyond it the service answers, in words

if (file && digest && globalThis.crypto?.subtle) {
  document.querySelector(".app-verify__here").hidden = false;
  document.querySelector(".app-verify__sent").hidden = true;
  form.addEventListener("submit", async (event) => {
    const [chosen] = file.files;
    if (!chosen || chosen.size === 0 || chosen.size > largest) {
      return;
    }
    event.preventDefault();
    form.querySelector('[role="status"]').textContent = form.dataset.checking;
    try {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await chosen.arrayBuffer()));
      digest.value = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      file.value = "";
    } catch {
      // A file that cannot be read here may still be sent.
    }
    form.submit();
  });
}
