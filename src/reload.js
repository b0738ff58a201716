// Live reload. The reader adds it to the pages that it serves; the built book knows nothing of it.
(() => {
  const shown = document.currentScript.dataset.version;
  let events;
  const close = () => {
    events?.close();
    events = null;
  };
  // A hidden page lets go: a browser opens six connections to one host, and six open tabs would use them up.
  const update = () => {
    if (document.hidden) return close();
    if (events) return;
    events = new EventSource("/.reader/events");
    events.onmessage = ({ data }) => data === shown || location.reload();
    events.onerror = () => {
      if (events?.readyState !== 2) return; // else the browser retries by itself
      close();
      setTimeout(update, 2000);
    };
  };
  document.addEventListener("visibilitychange", update);
  addEventListener("pagehide", close);
  addEventListener("pageshow", update); // after the load, which it does not delay
})();
