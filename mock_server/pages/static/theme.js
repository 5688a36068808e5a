// Before anything is drawn: the colours somebody chose, if any.
document.documentElement.dataset.theme = "system";
try {
  document.documentElement.dataset.theme = JSON.parse(localStorage.getItem("theme")) ?? "system";
} catch {
  // Without storage, or with an older page's, they stay the system's.
}
