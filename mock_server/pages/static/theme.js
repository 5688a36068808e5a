// Before anything is drawn: the colours somebody chose, if any.
document.documentElement.dataset.theme = "system";
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme").match(/light|dark/)[0];
} catch {
  // Without storage, or with nothing chosen in it, they stay the system's.
}
