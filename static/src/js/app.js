// Brings the page's components to life. Every page works without this.
// Static files carry a hash in their name, so the page says where the components' module is.
const { components } = document.querySelector("script[data-components]").dataset;
const { initAll } = await import(components);

initAll();

// What htmx puts into the page has components too.
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) {
    initAll({ scope: event.target });
  }
});
