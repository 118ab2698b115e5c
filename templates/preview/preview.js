// What the preview adds to the page: fragments put in place as they change, and buttons that ask the server for something.
(() => {
  const top = document.getElementById("preview-top");
  const bar = document.getElementById("preview-bar");
  const confirm = document.getElementById("preview-confirm");
  const link = document.getElementById("preview-link");
  const { token } = top.dataset;

  // The address that lets in does not stay where it is seen, kept or copied.
  history.replaceState(null, "", location.pathname + location.hash);
  document.querySelector("header.top").before(top);
  document.getElementById("timeline").after(document.getElementById("preview-animatic"));
  document.head.append(Object.assign(document.createElement("link"), { rel: "icon", href: "data:," }));
  document.documentElement.classList.add("live");

  // ---- fragments: what is equal stays the very element that it was, with its focus, its scroll and its film at play.
  const key = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.id) return `#${node.id}`;
    if (node.dataset.take) return `take ${node.dataset.digest}/${node.dataset.take}`;
    const source = node.getAttribute("src");
    return source ? `${node.nodeName} ${source}` : "";
  };
  // What a person, or the page's own script, has set is not what the server says.
  const theirs = (node, name) =>
    name === "preload" ||
    (name === "open" && (node.nodeName === "DETAILS" || node.nodeName === "DIALOG")) ||
    (name === "hidden" && (node.dataset.scene || node.dataset.does));
  const attributes = (old, fresh) => {
    for (const { name, value } of fresh.attributes)
      if (old.getAttribute(name) !== value && !theirs(old, name)) old.setAttribute(name, value);
    for (const { name } of [...old.attributes])
      if (!fresh.hasAttribute(name) && !theirs(old, name)) old.removeAttribute(name);
  };
  const morph = (old, fresh) => {
    if (old.nodeName !== fresh.nodeName) return void old.replaceWith(fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.isEqualNode(fresh)) return;
    attributes(old, fresh);
    children(old, [...fresh.childNodes]);
  };
  const children = (old, fresh) => {
    const known = new Map([...old.children].map((child) => [key(child), child]));
    const wanted = new Set(fresh.map(key));
    const stale = (node) => node && key(node) && !wanted.has(key(node));
    let at = old.firstChild;
    const next = () => {
      const here = at;
      at = at.nextSibling;
      return here;
    };
    for (const child of fresh) {
      while (stale(at)) next().remove();
      const name = key(child);
      const match = name ? known.get(name) : at && !key(at) && at.nodeName === child.nodeName ? at : null;
      if (!match) old.insertBefore(child, at);
      else {
        if (match === at) next();
        else move(old, match, at);
        morph(match, child);
      }
    }
    while (at) next().remove();
  };
  const move = (parent, node, before) =>
    parent.moveBefore ? parent.moveBefore(node, before) : parent.insertBefore(node, before);

  const isScene = (id) => id.startsWith("scene-");
  const parsed = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    dressed(holder.content);
    return holder.content.firstElementChild;
  };
  const placed = (parts, order) => {
    for (const [id, html] of Object.entries(parts)) {
      const old = document.getElementById(id);
      if (old) morph(old, parsed(html));
      else if (isScene(id)) document.getElementById("scenes").append(parsed(html));
    }
    const scenes = document.getElementById("scenes");
    const wanted = order.filter(isScene);
    for (const scene of [...scenes.children]) if (!wanted.includes(scene.id)) scene.remove();
    wanted.forEach((id, index) => {
      const scene = document.getElementById(id);
      if (scene && scenes.children[index] !== scene) move(scenes, scene, scenes.children[index]);
    });
  };
  // What is looked at stays where it is, whatever grows or shrinks above it.
  const steady = (change) => {
    const eye = innerHeight / 4;
    const seen = [...document.querySelectorAll("#scenes > :not([hidden]), main > section")].find(
      (each) => each.getBoundingClientRect().bottom > eye,
    );
    const before = seen?.getBoundingClientRect().top;
    change();
    if (scrollY > 0 && seen?.isConnected) scrollBy({ top: seen.getBoundingClientRect().top - before, behavior: "instant" });
  };
  const told = ({ parts, order }) => {
    const here = [...document.getElementById("scenes").children].map((scene) => scene.id);
    if (!Object.keys(parts).length && here.join() === order.filter(isScene).join()) return;
    steady(() => placed(parts, order));
    document.title = document.querySelector("h1")?.textContent ?? document.title;
    document.body.append(document.createComment("")); // the page's own script looks again when a child came or went
    document.body.lastChild.remove();
    lazily();
    if (confirm.open) judged();
  };

  // ---- takes can be picked here
  const dressed = (root) => {
    for (const take of root.querySelectorAll(".take")) {
      if (take.matches(".chosen, .older") || !take.querySelector("video") || take.querySelector("[data-preview]")) continue;
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: "Use this take" });
      button.dataset.preview = "pick";
      button.setAttribute("aria-label", `Use take ${take.dataset.take} in the cut`);
      take.querySelector("p").append(button);
    }
  };

  // A film shows its first frame once it is near to be seen.
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) target.preload = "metadata";
    },
    { rootMargin: "50%" },
  );
  const lazily = () => {
    for (const film of document.querySelectorAll("video[preload=none]")) near.observe(film);
  };

  // ---- asking
  const said = (text, failed = false) => {
    link.textContent = text;
    link.classList.toggle("failed", failed);
  };
  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-storyboard-token": token },
      body: JSON.stringify(body),
    }).catch(() => null);
    if (!answer) return { error: "The preview does not answer. Is it still running?" };
    return answer.json().catch(() => ({ error: `The preview answered ${answer.status}.` }));
  };
  const asked = async (path, body, tells = false) => {
    const { said: text, error } = await post(path, body);
    said(error ?? (tells ? text : ""), Boolean(error)); // what has a place of its own on the page is seen there
  };
  const judged = () => {
    const offered = confirm.querySelector("[data-plan]")?.dataset.plan;
    const moved = offered !== document.getElementById("preview-plan").dataset.plan;
    const note = confirm.querySelector(".moved");
    if (!note) return;
    note.hidden = !moved;
    if (moved) confirm.querySelector("[data-preview=confirm]").disabled = true;
  };
  const does = {
    async ask() {
      const answer = await fetch("plan").catch(() => null);
      if (!answer?.ok) return said((await answer?.json().catch(() => null))?.error ?? "The preview does not answer.", true);
      confirm.innerHTML = await answer.text();
      if (!confirm.open) confirm.showModal();
      judged();
    },
    async confirm(button) {
      button.disabled = true;
      const { error } = await post("render", { plan: confirm.querySelector("[data-plan]").dataset.plan });
      if (!error) return confirm.close();
      const note = confirm.querySelector(".answer");
      note.hidden = false;
      note.textContent = error;
    },
    close: () => confirm.close(),
    stop: () => asked("stop", {}),
    animatic: () => asked("animatic", {}),
    pick(button) {
      const take = button.closest(".take");
      button.disabled = true;
      asked("pick", { scene: take.closest("[data-scene]").dataset.scene, take: Number(take.dataset.take) }, true).then(() => {
        button.disabled = false;
      });
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-preview]");
    if (button && does[button.dataset.preview]) does[button.dataset.preview](button);
  });

  // ---- hearing
  const events = new EventSource(`events?since=${top.dataset.revision}`);
  events.addEventListener("parts", (event) => told(JSON.parse(event.data)));
  events.addEventListener("open", () => {
    document.documentElement.classList.remove("away");
    if (link.dataset.away) said("");
    delete link.dataset.away;
  });
  events.addEventListener("error", () => {
    document.documentElement.classList.add("away");
    link.dataset.away = "yes";
    said(events.readyState === EventSource.CLOSED ? "The preview has ended: start it again, and open the new address." : "Not connected: trying again.", true);
  });
  dressed(document);
  lazily();
})();
