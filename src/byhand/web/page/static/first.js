// Runs before any module has come, so that what is painted first fits the link: its colours and letters, and which view is to come.
(() => {
  const said = new URLSearchParams(location.hash.slice(1));
  const view = said.get("view") ?? "draw";
  document.documentElement.dataset.theme = said.get("theme") ?? "auto";
  document.documentElement.dataset.size = said.get("size") ?? "usual";
  document.documentElement.dataset.first = view;
  for (const tab of document.querySelectorAll("#header [data-view]")) {
    if (tab.getAttribute("data-view") === view) tab.setAttribute("aria-current", "page");
  }
})();
