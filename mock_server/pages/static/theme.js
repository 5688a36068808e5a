// Set the chosen colours before anything is drawn.
document.documentElement.dataset.theme = "system";
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme").match(/light|dark/)[0];
} catch {
  // Without storage or a choice, the system's colours are used.
}
