const banner = document.getElementById("preview");
const [, stale, gone] = banner.querySelectorAll("p");
const problems = banner.querySelector("pre");
const title = document.title;
let version, failures = 0;
const show = (state) => {
  gone.hidden = failures < 3;
  if (!state) return;
  problems.textContent = state.problems.join("\n");
  problems.hidden = !state.problems.length;
  stale.hidden = state.current;
  document.title = state.current ? title : `\u26a0 ${title}`;
};
const look = async () => {
  if (document.hidden) return;
  const response = await fetch(banner.dataset.state, { cache: "no-store" }).catch(() => null);
  const state = response?.ok ? await response.json() : null;
  failures = state ? 0 : failures + 1;
  if (version && state && version !== state.version) location.reload();
  version = state?.version ?? version;
  show(state);
};
setInterval(look, 1000);
document.addEventListener("visibilitychange", look);
look();
