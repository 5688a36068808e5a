// Before anything is drawn: the colours somebody chose, if any.
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
} catch {
  // Without storage the system's colours stay.
}
