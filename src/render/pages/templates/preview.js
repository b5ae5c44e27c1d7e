const banner = document.getElementById("preview");
const problems = banner.querySelector("pre");
let version;
const look = async () => {
  if (document.hidden) return;
  const response = await fetch(banner.dataset.state, { cache: "no-store" }).catch(() => null);
  if (!response?.ok) return;
  const state = await response.json();
  if (version && version !== state.version) location.reload();
  version = state.version;
  problems.textContent = state.problems.join("\n");
  problems.hidden = !state.problems.length;
};
setInterval(look, 1000);
document.addEventListener("visibilitychange", look);
look();
