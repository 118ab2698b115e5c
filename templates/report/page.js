"use strict";
// Listens on the document alone: whoever serves the page may replace any fragment of it at any time.
(() => {
  const root = document.documentElement;
  const wanted = { scene: "", element: "", states: new Set() };
  const THEME = "storyboard-theme";

  const kept = (value) => {
    try {
      if (value === undefined) return localStorage.getItem(THEME);
      localStorage.setItem(THEME, value);
    } catch {} // a file may have no storage
    return null;
  };
  const themed = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const fits = (scene) => {
    const { scene: name, elements, states } = scene.dataset;
    const has = states.split(" ");
    return (
      name.toLowerCase().includes(wanted.scene.toLowerCase()) &&
      (!wanted.element || elements.split(" ").includes(wanted.element)) &&
      (!wanted.states.size || has.some((state) => wanted.states.has(state)))
    );
  };
  const told = (shown, all) => `${shown === all ? "" : `${shown} of `}${all} ${all === 1 ? "scene" : "scenes"}`;

  const put = (form) => {
    for (const field of form.elements) {
      if (field.name === "state") field.checked = wanted.states.has(field.value);
      else if (field.name === "scene" || field.name === "element") {
        if (field.value !== wanted[field.name]) field.value = wanted[field.name];
        if (field.value !== wanted[field.name]) wanted[field.name] = ""; // an element that is gone
      }
    }
    for (const state of wanted.states)
      if (![...form.elements].some((field) => field.name === "state" && field.value === state))
        wanted.states.delete(state);
  };
  const apply = () => {
    const form = document.getElementById("filters");
    if (form) put(form);
    const scenes = [...document.querySelectorAll("#scenes > [data-scene]")];
    const shown = new Set();
    for (const scene of scenes) {
      scene.hidden = !fits(scene);
      if (!scene.hidden) shown.add(scene.dataset.scene);
    }
    for (const bar of document.querySelectorAll("[data-bar]"))
      bar.classList.toggle("out", bar.dataset.bar !== "" && !shown.has(bar.dataset.bar));
    const set = Boolean(wanted.scene || wanted.element || wanted.states.size);
    document.getElementById("none").hidden = shown.size > 0 || !scenes.length;
    if (!form) return;
    const text = told(shown.size, scenes.length);
    if (form.elements.count.textContent !== text) form.elements.count.textContent = text;
    form.querySelector("[data-does=reset]").hidden = !set;
  };

  const does = {
    theme() {
      const theme = isDark() ? "light" : "dark";
      themed(theme);
      kept(theme);
    },
    reset() {
      Object.assign(wanted, { scene: "", element: "", states: new Set() });
      again();
      document.querySelector("#filters input")?.focus();
    },
  };
  const watch = new MutationObserver(() => again());
  const again = () => {
    watch.disconnect();
    apply();
    watch.observe(document.body, { childList: true, subtree: true });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button && does[button.dataset.does]) does[button.dataset.does]();
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.form?.id !== "filters") return;
    if (field.name !== "state") wanted[field.name] = field.value;
    else if (field.checked) wanted.states.add(field.value);
    else wanted.states.delete(field.value);
    again();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "filters") event.preventDefault();
  });
  document.addEventListener("play", (event) => {
    for (const film of document.querySelectorAll("video")) if (film !== event.target) film.pause();
  }, true);

  themed(kept());
  root.classList.add("js");
  again();
})();
