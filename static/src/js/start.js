// Says that scripts run, before anything is drawn, so that nothing jumps. The components' stylesheet and module
// look for these two classes. A file of its own, because the content security policy allows no inline script.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
