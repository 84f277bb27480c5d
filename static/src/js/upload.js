// Sends each chosen file by itself, so that every one has a bar of its own and one that is refused costs the others
// nothing. The form works without this: then the browser sends all of them at once.
const form = document.querySelector("form[data-upload]");
const input = form?.querySelector('input[type="file"]');

if (input && "DataTransfer" in window) {
  const words = form.dataset;
  const largest = Number(words.largest);
  const progress = form.querySelector(".app-upload__progress");
  const heading = progress.querySelector("h2");
  const count = progress.querySelector('[role="status"]');
  const list = progress.querySelector("ul");
  const button = form.querySelector('button[type="submit"]');
  let sending = false;
  let leaving = false;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text ?? "";
    return made;
  };

  // What the form holds besides its files: for a file without the link, for the link without files.
  const fields = (withLink) => {
    const data = new FormData(form);
    data.delete(words.upload);
    if (!withLink) {
      data.delete("url");
      data.delete("link_title");
    }
    return data;
  };

  const send = (data, onProgress) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) {
          onProgress(Math.floor((100 * event.loaded) / event.total));
        }
      });
      request.addEventListener("load", () => {
        let answer = null;
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          // A page and no answer: the session has ended, or something in between refused it.
        }
        if (answer) {
          resolve(answer);
        } else {
          resolve({ errors: [request.status === 401 ? words.signedOut : words.trouble], next: "" });
        }
      });
      for (const trouble of ["error", "abort", "timeout"]) {
        request.addEventListener(trouble, () => resolve({ errors: [words.trouble], next: "" }));
      }
      request.send(data);
    });

  const row = (name) => {
    const item = element("li", "app-upload__file");
    const bar = element("progress", "app-progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    const state = element("span", "app-upload__state", words.waiting);
    const fault = element("p", "govuk-error-message");
    fault.setAttribute("role", "alert");
    item.append(element("span", "app-upload__name", name), bar, state, fault);
    list.append(item);
    return {
      percent(value) {
        bar.value = value;
        state.textContent = value < 100 ? words.sending.replace("{percent}", value) : words.checking;
      },
      end(errors) {
        bar.remove();
        state.textContent = errors.length ? words.notAdded : words.added;
        fault.textContent = errors.join(" ");
      },
    };
  };

  const sendOne = async (shown, data, file) => {
    if (file && file.size > largest) {
      shown.end([words.tooLarge]);
      return null;
    }
    if (file) {
      data.append(words.upload, file, file.name);
    }
    const answer = await send(data, shown.percent);
    shown.end(answer.errors);
    return answer.errors.length ? null : answer;
  };

  const sendAll = async (files) => {
    const link = form.querySelector('[name="url"]');
    const title = form.querySelector('[name="link_title"]');
    const hasLink = (link.value + title.value).trim() !== "";
    list.replaceChildren();
    progress.hidden = false;
    const rows = files.map((file) => row(file.name));
    const linkRow = hasLink ? row(link.value || title.value) : null;
    const left = new DataTransfer();
    const all = files.length;
    let next = "";
    let failed = false;
    for (const [position, file] of files.entries()) {
      count.textContent = words.count.replace("{done}", position).replace("{all}", all);
      const answer = await sendOne(rows[position], fields(false), file);
      if (answer) {
        next = answer.next;
      } else {
        failed = true;
        left.items.add(file);
      }
    }
    count.textContent = words.count.replace("{done}", all - left.items.length).replace("{all}", all);
    if (linkRow) {
      const answer = await sendOne(linkRow, fields(true), null);
      if (answer) {
        next = answer.next;
        link.value = "";
        title.value = "";
      } else {
        failed = true;
      }
    }
    if (!failed) {
      return next;
    }
    // What was added is not sent again with the next press of the button.
    input.files = left.files;
    input.dispatchEvent(new Event("change"));
    count.textContent += `. ${words.left}`;
    heading.focus();
    return "";
  };

  form.addEventListener("submit", async (event) => {
    if (sending || leaving) {
      event.preventDefault();
      return;
    }
    const files = [...input.files];
    if (files.length === 0) {
      leaving = true;
      return;
    }
    event.preventDefault();
    sending = true;
    button.setAttribute("aria-disabled", "true");
    const next = await sendAll(files);
    sending = false;
    button.removeAttribute("aria-disabled");
    if (next) {
      window.location.assign(next);
    }
  });

  window.addEventListener("pageshow", () => {
    leaving = false;
  });

  window.addEventListener("beforeunload", (event) => {
    if (sending) {
      event.preventDefault();
    }
  });
}
